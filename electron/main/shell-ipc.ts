import { statSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { type IpcMainEvent, type IpcMainInvokeEvent, ipcMain, shell } from 'electron';
import { z } from 'zod';
import type { PageNotices, ServingStatus, ShellCalls } from '../channels';
import { openInBrowser } from './security';
import { isWebAddress } from './web-address';

const callArguments: { [C in keyof ShellCalls]: z.ZodType<ShellCalls[C]['args']> } = {
  'shell:pick-model-file': z.tuple([]),
  'shell:pick-model-folder': z.tuple([]),
  'shell:reveal': z.tuple([z.string().max(4096).refine(isAbsolute, 'has to be an absolute path')]),
  'shell:open-external': z.tuple([
    z.string().max(4096).refine(isWebAddress, 'has to be an http or https address'),
  ]),
  'shell:restart-engine': z.tuple([]),
};

const rate = z.number().nonnegative();
const noticeArguments: { [C in keyof PageNotices]: z.ZodType<PageNotices[C]> } = {
  'page:wants-engine': z.tuple([]),
  'page:takes-commands': z.tuple([]),
  'page:serving': z.tuple([z.object({ requestsPerSecond: rate, modelsReady: rate })]),
};

export interface ShellIpc {
  /** Whether a message comes from the main frame of our window, showing our page. */
  readonly isOurs: (event: IpcMainEvent | IpcMainInvokeEvent) => boolean;
  readonly pickModelFile: () => Promise<string | null>;
  readonly pickModelFolder: () => Promise<string | null>;
  readonly restartEngine: () => void;
  readonly onWantsEngine: () => void;
  readonly onTakesCommands: () => void;
  readonly onServing: (status: ServingStatus) => void;
}

/** The only place that listens to the page. A message from elsewhere or with odd arguments is refused, and says so. */
export function setupShellIpc(shellIpc: ShellIpc): void {
  const { isOurs } = shellIpc;
  answer(isOurs, 'shell:pick-model-file', () => shellIpc.pickModelFile());
  answer(isOurs, 'shell:pick-model-folder', () => shellIpc.pickModelFolder());
  answer(isOurs, 'shell:reveal', (path) => reveal(path));
  answer(isOurs, 'shell:open-external', async (url) => {
    await openInBrowser(url);
    return undefined;
  });
  answer(isOurs, 'shell:restart-engine', async () => {
    shellIpc.restartEngine();
    return undefined;
  });
  listen(isOurs, 'page:wants-engine', shellIpc.onWantsEngine);
  listen(isOurs, 'page:takes-commands', shellIpc.onTakesCommands);
  listen(isOurs, 'page:serving', shellIpc.onServing);
}

function answer<C extends keyof ShellCalls>(
  isOurs: ShellIpc['isOurs'],
  channel: C,
  handler: (...args: ShellCalls[C]['args']) => Promise<ShellCalls[C]['result']>,
): void {
  ipcMain.handle(channel, (event, ...args: unknown[]) => {
    if (!isOurs(event)) throw new Error(`${channel} is refused: it does not come from Ferry's window.`);
    const read = callArguments[channel].safeParse(args);
    if (!read.success) throw new Error(`${channel}: ${read.error.issues[0]?.message ?? 'wrong arguments'}`);
    return handler(...read.data);
  });
}

function listen<C extends keyof PageNotices>(
  isOurs: ShellIpc['isOurs'],
  channel: C,
  handler: (...args: PageNotices[C]) => void,
): void {
  ipcMain.on(channel, (event, ...args: unknown[]) => {
    const read = isOurs(event) ? noticeArguments[channel].safeParse(args) : null;
    if (read?.success) handler(...read.data);
  });
}

async function reveal(path: string): Promise<undefined> {
  if (!statSync(path, { throwIfNoEntry: false })) throw new Error(`${path} is not there any more.`);
  shell.showItemInFolder(path);
  return undefined;
}
