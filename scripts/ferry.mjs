// npm run -s ferry -- COMMAND: the command line from the working copy, built first when a source has changed.
import { pathToFileURL } from 'node:url';
import { build } from './setup/build.mjs';
import { fromRoot } from './setup/paths.mjs';
import { StepError } from './setup/step.mjs';

try {
  const { timed } = await build();
  if (timed !== false) console.error('ferry: built, since a source had changed');
} catch (error) {
  console.error(error instanceof StepError ? `${error.message}\n${error.detail}` : error);
  process.exit(1);
}
// npm starts scripts in the package's folder; the files that are named lie where the user is.
process.chdir(process.env.INIT_CWD ?? process.cwd());
await import(pathToFileURL(fromRoot('out', 'main', 'cli.js')).href);
