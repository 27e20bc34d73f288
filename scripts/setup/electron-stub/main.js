// An Electron without its default app ignores `electron <folder>` and runs resources/app, which is this file:
// it does for the folder what the default app would. A flag with a separate value has to follow the folder.
const { app } = require('electron');
const { readFileSync } = require('node:fs');
const { join, resolve } = require('node:path');
const { pathToFileURL } = require('node:url');

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
  runFolder(resolve(folder)).catch((error) => {
    console.error(error);
    app.exit(1);
  });
}
