// An Electron without its default app ignores `electron <folder>` and runs resources/app, which is this file:
// it does for the folder what the default app would. A flag with a separate value has to follow the folder.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { app } from 'electron';

function folderArgument() {
  const args = process.argv.slice(1);
  return args.find((arg, i) => !arg.startsWith('-') && !['-r', '--require'].includes(args[i - 1]));
}

function runFolder(folder) {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  app.setAppPath(folder);
  app.setName(manifest.productName ?? manifest.name);
  app.setVersion(manifest.version);
  process.defaultApp = true;
  return import(pathToFileURL(resolve(folder, manifest.main)).href);
}

const folder = folderArgument();
if (folder === undefined) {
  console.log(`v${process.versions.electron}`);
  app.exit(process.argv.includes('--version') ? 0 : 1);
} else {
  // Awaited, since Electron holds back `ready` until this module is done, and some calls are for before `ready`.
  await runFolder(resolve(folder)).catch((error) => {
    console.error(error);
    app.exit(1);
  });
}
