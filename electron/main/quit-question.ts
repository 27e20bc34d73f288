import { type BrowserWindow, dialog, type MessageBoxOptions } from 'electron';
import { formatRate } from './serving';

/** True when the operator means it. */
export async function askToQuit(owner: BrowserWindow | null, requestsPerSecond: number): Promise<boolean> {
  const options: MessageBoxOptions = {
    type: 'question',
    message: 'Quit while serving?',
    detail:
      `Ferry is answering ${formatRate(requestsPerSecond)} requests per second. ` +
      'Quitting answers those already accepted and refuses new ones.',
    buttons: ['Quit', 'Keep serving'],
    defaultId: 1,
    cancelId: 1,
    noLink: true,
  };
  const { response } = owner
    ? await dialog.showMessageBox(owner, options)
    : await dialog.showMessageBox(options);
  return response === 0;
}
