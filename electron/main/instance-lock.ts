import { resolve } from 'node:path';
import { app } from 'electron';
import { z } from 'zod';
import { isModelFile } from './command-line';

/** What a second start hands to the first. (Its argv would do, but Chromium sorts it anew.) */
const handover = z.object({ modelFiles: z.array(z.string().refine(isModelFile)).max(32) });

/**
 * One window and one engine per user data folder. False: another one runs and has been told; this one must end.
 * @param modelFiles absolute
 * @param onSecondStart in the first app, with the second's model files
 */
export function takeInstanceLock(
  modelFiles: readonly string[],
  onSecondStart: (modelFiles: readonly string[]) => void,
): boolean {
  const isFirst = app.requestSingleInstanceLock({ modelFiles: [...modelFiles] });
  if (!isFirst) return false;
  app.on('second-instance', (_event, _argv, cwd, data) => {
    const given = handover.safeParse(data).data?.modelFiles ?? [];
    onSecondStart(given.map((file) => resolve(cwd, file)));
  });
  return true;
}
