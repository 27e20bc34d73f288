import { modelNameSchema } from '../contract';

/** A model name made from a file or folder name: what is not allowed becomes "-". */
export function suggestName(fileName: string): string {
  const name = fileName
    .replace(/\.onnx$/i, '')
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+|[-.]+$/g, '')
    .slice(0, 100);
  return modelNameSchema.safeParse(name).success ? name : 'model';
}

/** `name`, or the first of "name-2", "name-3", … that is not taken. */
export async function freeName(
  name: string,
  isTaken: (candidate: string) => boolean | Promise<boolean>,
): Promise<string> {
  if (!(await isTaken(name))) return name;
  const base = name.slice(0, 120);
  for (let i = 2; ; i++) if (!(await isTaken(`${base}-${i}`))) return `${base}-${i}`;
}
