import { resolve } from 'node:path';
import { app, powerMonitor, shell } from 'electron';
import { setupAbout } from './about';
import { systemShellClock } from './clock';
import { isModelFile, ownWords, readCommandLine } from './command-line';
import { registerConsoleScheme, serveConsole } from './console-protocol';
import { asksForHelp, printEngineHelp } from './engine-help';
import { EngineProcess } from './engine-process';
import { engineStartOrder } from './engine-start-order';
import { forkEngine } from './fork-engine';
import { takeInstanceLock } from './instance-lock';
import { setupMenu } from './menu';
import { pickModelFile, pickModelFolder } from './model-dialogs';
import { engineFile, rendererFolder, userPaths } from './paths';
import { preferencesFile } from './preferences';
import { needsQuitQuestion } from './quit-decision';
import { askToQuit } from './quit-question';
import { setupQuitting } from './quitting';
import { RotatedFile } from './rotated-file';
import { setupSecurity } from './security';
import { Serving } from './serving';
import { setupShellIpc } from './shell-ipc';
import { setupTray } from './tray';
import { ConsoleWindow, isOurPage } from './window';
import { windowStateKeeper } from './window-state';

const clock = systemShellClock;

// First what Electron takes only before `ready`.
registerConsoleScheme();
obeyUserDataDir();
const cwd = process.cwd();
const launch = { argv: process.argv, cwd, appPath: app.getAppPath(), isPackaged: app.isPackaged };
const { engineArgs, modelFiles } = readCommandLine(ownWords(launch));
const paths = userPaths();
const preferences = preferencesFile(paths.preferencesFile);
if (!preferences.read().hardwareAcceleration) app.disableHardwareAcceleration();

const serving = new Serving(clock.nowMs, (text) => tray?.setStatus(text));
const startOrder = engineStartOrder(engineArgs, paths);
const engine = new EngineProcess({
  clock,
  fork: () => forkEngine(engineFile),
  startOrder,
  log: engineLog(paths.engineLogFile),
  announce: (state) => {
    serving.setEngine(state);
    consoleWindow.tellEngine(state);
  },
});
const consoleWindow = new ConsoleWindow({
  state: windowStateKeeper(paths.windowStateFile, clock),
  onCreated: (window) => quitting.guardClose(window),
});
const quitting = setupQuitting({
  mayQuit: async () => {
    const rate = serving.requestsPerSecond;
    return !needsQuitQuestion(rate, process.env) || (await askToQuit(consoleWindow.window, rate));
  },
  hide: () => consoleWindow.window?.hide(),
  drain: () => engine.stop(),
});
let tray: ReturnType<typeof setupTray> | undefined;

const takeLock = () =>
  takeInstanceLock(absolute(modelFiles), (files) => {
    openModels(files);
    if (app.isReady()) consoleWindow.show();
  });
if (asksForHelp(engineArgs)) {
  void app.whenReady().then(() => printEngineHelp(forkEngine(engineFile), startOrder));
} else if (takeLock()) {
  openModels(absolute(modelFiles));
  listenForFiles();
  void app.whenReady().then(onReady);
} else {
  console.log('Ferry is running already: its window comes to the front.');
  app.exit(0);
}

function onReady(): void {
  setupSecurity(isOurPage);
  serveConsole(rendererFolder);
  setupAbout();
  setupPageMessages();
  setupMenuBar();
  tray = setupTray({ show: () => consoleWindow.show(), quit: () => quitting.quit() });
  setupAppEvents();
  engine.start();
  consoleWindow.open();
}

function setupPageMessages(): void {
  setupShellIpc({
    isOurs: (event) => consoleWindow.isSender(event),
    pickModelFile: () => pickModelFile(consoleWindow.window),
    pickModelFolder: () => pickModelFolder(consoleWindow.window),
    restartEngine: () => engine.restart(),
    onWantsEngine: () => consoleWindow.tellEngine(engine.engine),
    onTakesCommands: () => consoleWindow.takeCommands(),
    onServing: (status) => serving.setStatus(status),
  });
}

function setupMenuBar(): void {
  const openPicked = async (pick: typeof pickModelFile) => {
    const path = await pick(consoleWindow.window);
    if (path !== null) openModels([path]);
  };
  setupMenu({
    loadModelFile: () => void openPicked(pickModelFile),
    loadModelFolder: () => void openPicked(pickModelFolder),
    command: (command) => {
      consoleWindow.give(command);
      consoleWindow.show();
    },
    restartEngine: () => engine.restart(),
    openLogs: () => shell.showItemInFolder(paths.engineLogFile),
    hardwareAcceleration: {
      isOn: preferences.read().hardwareAcceleration,
      set: (isOn) => preferences.change({ hardwareAcceleration: isOn }),
    },
  });
}

function setupAppEvents(): void {
  // The dock's icon was clicked.
  app.on('activate', () => consoleWindow.show());
  // Without this listener Electron would quit on macOS too; elsewhere the window does not close before the app ends.
  app.on('window-all-closed', () => undefined);
  powerMonitor.on('resume', () => engine.forgiveSilence());
}

/** What the engine writes goes to a file, and in development to the terminal as well. */
function engineLog(path: string) {
  const file = new RotatedFile({ path, maxBytes: 5_000_000, keep: 3 });
  // A terminal that was closed is no reason to end.
  process.stdout.on('error', () => undefined);
  const append = (text: string) => {
    file.append(text);
    if (!app.isPackaged) process.stdout.write(text);
  };
  return { path, append };
}

/** macOS opens files by event, also before `ready`; the others by argument. */
function listenForFiles(): void {
  app.on('open-file', (event, path) => {
    event.preventDefault();
    if (!isModelFile(path)) return;
    openModels([path]);
    if (app.isReady()) consoleWindow.show();
  });
}

/** They wait until a page listens. */
function openModels(files: readonly string[]): void {
  for (const path of files) consoleWindow.give({ kind: 'open-model', path });
}

function absolute(files: readonly string[]): string[] {
  return files.map((file) => resolve(cwd, file));
}

/** Chromium knows this switch, Electron does not: tests and a second profile use it. */
function obeyUserDataDir(): void {
  const folder = app.commandLine.getSwitchValue('user-data-dir');
  if (folder !== '') app.setPath('userData', resolve(folder));
}
