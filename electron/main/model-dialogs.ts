import { type BrowserWindow, dialog, type OpenDialogOptions } from 'electron';

const FILE: OpenDialogOptions = {
  title: 'Load a model',
  buttonLabel: 'Choose',
  properties: ['openFile'],
  filters: [
    { name: 'ONNX models', extensions: ['onnx'] },
    { name: 'All files', extensions: ['*'] },
  ],
};

const FOLDER: OpenDialogOptions = {
  title: 'Load a model folder (a config.pbtxt beside numbered version folders)',
  buttonLabel: 'Choose',
  properties: ['openDirectory'],
};

/** The path that the operator chose; null when cancelled. */
export const pickModelFile = (owner: BrowserWindow | null): Promise<string | null> => pick(owner, FILE);
export const pickModelFolder = (owner: BrowserWindow | null): Promise<string | null> => pick(owner, FOLDER);

async function pick(owner: BrowserWindow | null, options: OpenDialogOptions): Promise<string | null> {
  const chosen = owner ? await dialog.showOpenDialog(owner, options) : await dialog.showOpenDialog(options);
  return chosen.canceled ? null : (chosen.filePaths[0] ?? null);
}
