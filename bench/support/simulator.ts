/** The simulator in a process of its own, its script as JSON in the first argument; prints its address. */
import { startSimulator } from '../../src/simulator/index.ts';

const { url } = await startSimulator({ port: 0, script: JSON.parse(process.argv[2] ?? '[]') });
console.log(url);
