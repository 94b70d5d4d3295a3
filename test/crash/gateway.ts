import { once } from 'node:events';
import module from 'node:module';
import { readConfig } from '../../src/config/read.ts';
import { createHeadgate } from '../../src/headgate.ts';

/*
 * The gateway of the crash test. Loaded ahead, so that it serves a moment after it is told to by a line on its input.
 * It never ends by itself, so what was compiled is kept now for the next: it halves the time a start takes.
 */
module.flushCompileCache();
await once(process.stdin, 'data');
const read = readConfig(process.argv[2]!, {});
if ('problems' in read) throw new Error(JSON.stringify(read.problems));
const headgate = await createHeadgate(read.config);
const { url } = await headgate.listen({ host: '127.0.0.1', port: 0 });
console.log(url);
