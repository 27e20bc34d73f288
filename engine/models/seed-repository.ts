import { constants } from 'node:fs';
import { cp, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Makes sure that the repository folder is there. One that does not exist yet is filled with the starter models, so that a first
 * start has something to show; one that exists, even empty, is the operator's and is left alone.
 */
export async function seedRepository(
  repositoryPath: string,
  starterModelsPath: string | null,
): Promise<void> {
  if (await exists(repositoryPath)) return;
  if (starterModelsPath === null || !(await exists(starterModelsPath))) {
    await mkdir(repositoryPath, { recursive: true });
    return;
  }
  // Copied beside and renamed: a start that is cut off must not leave half a repository that is then taken for the operator's.
  const half = `${repositoryPath}.part`;
  await rm(half, { recursive: true, force: true });
  await mkdir(half, { recursive: true });
  for (const name of await readdir(starterModelsPath)) {
    await cp(join(starterModelsPath, name), join(half, name), {
      recursive: true,
      mode: constants.COPYFILE_FICLONE,
    });
  }
  await rename(half, repositoryPath);
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}
