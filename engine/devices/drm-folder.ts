import { type Files, listOrNone, readTextOrNull } from './files';

/** The sensors' folder below a device's, whose number changes from boot to boot. */
export async function firstHwmon(files: Files, folder: string): Promise<string | null> {
  const [name] = await listOrNone(files, `${folder}/hwmon`);
  return name === undefined ? null : `${folder}/hwmon/${name}`;
}

/** True while the GPU is switched off to save power. Reading its figures then would wake it or fail. */
export async function isAsleep(files: Files, folder: string): Promise<boolean> {
  return (await readTextOrNull(files, `${folder}/power/runtime_status`)) === 'suspended';
}
