import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const FILE = 'engine.json';
/** Readable and writable for its owner alone: it holds the token of the control plane. */
const OWNER_ONLY = 0o600;

const runFileSchema = z.object({
  pid: z.number().int().positive(),
  startedAtMs: z.number(),
  engineVersion: z.string().max(64),
  repositoryPath: z.string(),
  /** Address of each open door by its name: http, control, and whatever a later version opens. */
  doors: z.record(z.string(), z.url({ protocol: /^(http|grpc)$/ })),
  controlToken: z.string().min(1).max(256),
});

/** How programs of the same user find a running engine. */
export type RunFile = Readonly<z.infer<typeof runFileSchema>>;

/** Replaces the file of the data folder as a whole: a reader sees the old one or the new one. */
export async function writeRunFile(dataPath: string, content: RunFile): Promise<void> {
  await mkdir(dataPath, { recursive: true });
  const temporary = join(dataPath, `${FILE}.${randomUUID()}`);
  try {
    // Made with its mode, not changed to it: at no time can others read the token.
    const file = await open(temporary, 'wx', OWNER_ONLY);
    try {
      await file.writeFile(`${JSON.stringify(content, null, 2)}\n`);
    } finally {
      await file.close();
    }
    await rename(temporary, join(dataPath, FILE));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** The file of an engine that runs, or ran and was killed; null when there is none, or none that can be used. */
export async function readRunFile(dataPath: string): Promise<RunFile | null> {
  try {
    return runFileSchema.parse(JSON.parse(await readFile(join(dataPath, FILE), 'utf8')));
  } catch {
    return null;
  }
}

/** Removes it, unless another engine has meanwhile written its own. */
export async function removeRunFile(dataPath: string, pid: number): Promise<void> {
  const current = await readRunFile(dataPath);
  if (current?.pid === pid) await rm(join(dataPath, FILE), { force: true });
}
