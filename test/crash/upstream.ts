import { startSimulator } from '../../src/simulator/index.ts';

/** The provider of the crash test, in a process of its own. Prints where it is. */
const { url } = await startSimulator({ port: 0, script: [{ reply: { text: 'Oslo, Rome and Lima.' } }] });
console.log(url);
