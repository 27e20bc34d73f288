import { contextBridge, ipcRenderer, webUtils } from 'electron';
import type { DesktopBridge, DesktopCommand, DesktopEngine } from '../bridge';
import type { PageNotices, ShellCalls } from '../channels';

function call<C extends keyof ShellCalls>(
  channel: C,
  ...args: ShellCalls[C]['args']
): Promise<ShellCalls[C]['result']> {
  return ipcRenderer.invoke(channel, ...args);
}

function notify<C extends keyof PageNotices>(channel: C, ...args: PageNotices[C]): void {
  ipcRenderer.send(channel, ...args);
}

const engineListeners = new Set<(engine: DesktopEngine) => void>();
const commandListeners = new Set<(command: DesktopCommand) => void>();
let lastEngine: DesktopEngine | null = null;
/** Came while the page was between two listeners. */
const unheard: DesktopCommand[] = [];

ipcRenderer.on('shell:engine', (_event, engine: DesktopEngine) => {
  lastEngine = engine;
  for (const listener of [...engineListeners]) listener(engine);
});
ipcRenderer.on('shell:command', (_event, command: DesktopCommand) => {
  if (commandListeners.size === 0) unheard.push(command);
  for (const listener of [...commandListeners]) listener(command);
});

/** Only these functions reach the page: never ipcRenderer, an event or a channel's name. */
const desktop: DesktopBridge = {
  platform: process.platform,
  onEngine(listener) {
    engineListeners.add(listener);
    if (lastEngine) listener(lastEngine);
    else notify('page:wants-engine');
    return () => void engineListeners.delete(listener);
  },
  pickModelFile: () => call('shell:pick-model-file'),
  pickModelFolder: () => call('shell:pick-model-folder'),
  pathOfFile: (file) => (file instanceof File ? webUtils.getPathForFile(file) : ''),
  reveal: (path) => call('shell:reveal', path),
  openExternal: (url) => call('shell:open-external', url),
  onCommand(listener) {
    commandListeners.add(listener);
    notify('page:takes-commands');
    for (const command of unheard.splice(0)) listener(command);
    return () => void commandListeners.delete(listener);
  },
  reportServing: (status) =>
    notify('page:serving', { requestsPerSecond: status.requestsPerSecond, modelsReady: status.modelsReady }),
  restartEngine: () => call('shell:restart-engine'),
};

contextBridge.exposeInMainWorld('desktop', desktop);
