// npm test: makes the working copy ready, then checks all of it. Only Node's own modules until the install is done.
import { isAtLeast, oldestNode } from './setup/node-version.mjs';

if (!isAtLeast(process.versions.node, oldestNode)) {
  console.error(`Ferry needs Node ${oldestNode} or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

const { runChecks } = await import('./checks/run-checks.mjs');
process.exitCode = await runChecks(process.argv.slice(2));
