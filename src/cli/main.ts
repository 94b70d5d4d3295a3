#!/usr/bin/env node
// No imports but the lazy one: an old Node must get as far as the sentence that says it is old.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  process.stderr.write(
    `headgate needs Node.js 24 or newer, this is ${process.versions.node}. Get it from https://nodejs.org, or run: npx -y node@24 $(which headgate)\n`,
  );
  process.exitCode = 1;
} else {
  const { run } = await import('./program.ts');
  process.exitCode = await run(process.argv.slice(2));
}
