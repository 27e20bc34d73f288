// npm start: makes the working copy ready, then opens the app. Only Node's own modules until the install is done.
import { isAtLeast, oldestNode } from './setup/node-version.mjs';

if (!isAtLeast(process.versions.node, oldestNode)) {
  console.error(`Ferry needs Node ${oldestNode} or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

const { start } = await import('./setup/start.mjs');
process.exitCode = await start(process.argv.slice(2));
