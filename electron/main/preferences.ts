import { z } from 'zod';
import { JsonFile } from './json-file';

const schema = z.object({
  /** False: the window is drawn by the CPU, and the GPU's memory is left to the models. */
  hardwareAcceleration: z.boolean(),
});

export type Preferences = z.infer<typeof schema>;

const DEFAULTS: Preferences = { hardwareAcceleration: true };

/** The shell's own choices, which hold from before the engine runs. Everything else is the page's or the engine's. */
export function preferencesFile(path: string) {
  const file = new JsonFile<Preferences>(path, schema);
  return {
    read: (): Preferences => file.read() ?? DEFAULTS,
    change: (change: Partial<Preferences>): void => file.write({ ...(file.read() ?? DEFAULTS), ...change }),
  };
}
