import { allocatorEnv } from './allocator-env.mjs';
import { build } from './build.mjs';
import { prepareCuda } from './cuda.mjs';
import { hasDisplay } from './display.mjs';
import { prepareElectron } from './electron.mjs';
import { install } from './install.mjs';
import { launch } from './launch.mjs';
import { fromRoot, root } from './paths.mjs';
import { sandboxRefusal, sandboxRemedy } from './sandbox.mjs';
import { readStartOptions } from './start-options.mjs';
import { prepareStarterModels } from './starter-models.mjs';
import { printLine, step } from './step.mjs';
import { missingLibraries } from './system-libraries.mjs';

const help = `Ferry: a console for serving ONNX models

npm start                          install and build what is stale, then open the desktop app
npm start -- --headless            serve without a window; the console opens in a browser
npm start -- --port N              HTTP on port N, gRPC on N+1, metrics on N+2, the control plane on N+3 (default 8000)
npm start -- --repository DIR      serve the models of DIR instead of the starter models
npm start -- --help                this text

Everything else goes to the app: node out/main/cli.js serve --help lists it.
`;

/** @typedef {import('./electron.mjs').Electron} Electron */

/**
 * @param {string[]} args
 * @returns {Promise<number>} the exit status
 */
export async function start(args) {
  const options = readStartOptions(args);
  if (options.help) {
    console.log(help);
    return 0;
  }
  if (options.error) {
    console.error(options.error);
    return 2;
  }
  try {
    const electron = await prepare(options.headless || !hasDisplay());
    const reason = await whyHeadless(options.headless, electron);
    if (reason !== undefined) printLine('console', reason);
    if (reason !== undefined || electron === undefined) return await launchHeadless(options.rest);
    return await launchDesktop(electron, options.rest);
  } catch (error) {
    // A step has said what failed already; anything else has not.
    if (!(error instanceof Error && error.name === 'StepError')) console.error(error);
    return 1;
  }
}

/**
 * @param {boolean} isHeadless then no Electron is fetched
 * @returns {Promise<Electron | undefined>}
 */
async function prepare(isHeadless) {
  await step('install', install);
  const electron = isHeadless ? undefined : (await step('electron', prepareElectron)).electron;
  await step('cuda', prepareCuda);
  await step('starter models', prepareStarterModels);
  await step('build', build);
  return electron;
}

/**
 * @param {boolean} wasAsked
 * @param {Electron | undefined} electron
 * @returns {Promise<string | undefined>} undefined when a window can be opened
 */
async function whyHeadless(wasAsked, electron) {
  if (wasAsked) return 'in a browser, as asked';
  if (!hasDisplay())
    return 'in a browser: there is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set)';
  if (electron === undefined) return 'in a browser: there is no Electron';
  const missing = await missingLibraries(electron.executable);
  if (missing.length > 0)
    return `in a browser: Electron lacks ${missing.join(', ')} (npm test installs them)`;
  if (sandboxRefusal(electron.folder) === 'system') {
    return `in a browser: this system does not let Chromium's sandbox start; this does: ${sandboxRemedy(electron.folder)}`;
  }
  return undefined;
}

/** @param {string[]} args */
function launchHeadless(args) {
  return launch(process.execPath, [fromRoot('out', 'main', 'cli.js'), 'serve', ...args], {
    ...allocatorEnv,
    ...process.env,
  });
}

/**
 * @param {Electron} electron
 * @param {string[]} args
 */
function launchDesktop(electron, args) {
  const flags = [];
  if (sandboxRefusal(electron.folder) === 'root') {
    printLine('sandbox', "off: Chromium's does not start for root");
    flags.push('--no-sandbox');
  }
  // Set by some editors' terminals; Electron would start as a plain Node.
  return launch(electron.executable, [...flags, root, ...args], { ELECTRON_RUN_AS_NODE: undefined });
}
