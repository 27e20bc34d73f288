// npm run package: the app as a folder that runs by itself, and as archives or installers.
import { parseArgs } from 'node:util';
import { packageApp } from './packaging/package-app.mjs';
import { install } from './setup/install.mjs';
import { messageOf, StepError, step } from './setup/step.mjs';

const help = `npm run package                    the app as a folder under dist/; on Linux a tar.gz and a deb as well
npm run package -- --dir           the folder alone
npm run package -- --installers    electron-builder's installers for this system; it downloads the tools for them
`;

try {
  const { values } = parseArgs({
    options: {
      dir: { type: 'boolean' },
      installers: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) console.log(help);
  else {
    await step('install', install);
    await packageApp({ archives: !values.dir && !values.installers, installers: values.installers ?? false });
  }
} catch (error) {
  if (!(error instanceof StepError)) console.error(messageOf(error));
  process.exitCode = 1;
}
