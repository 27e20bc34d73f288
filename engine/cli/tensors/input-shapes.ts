import { didYouMean } from '../../config';
import type { Datatype } from '../../contract';
import { ELEMENT_BYTES, elementCount, formatShape } from '../../tensor';
import { failure, usageError } from '../cli-error';
import { type CommandValues, quoted } from '../command-values';
import type { ModelDescription } from '../v2-client';

/** Made-up BYTES elements are about this long. */
const BYTES_ELEMENT_BYTES = 16;

/** `--shape [name=]1,3,224,224`, by input. Errors: usage errors. */
export function shapesOf(
  { inputs }: ModelDescription,
  values: CommandValues,
): ReadonlyMap<string, readonly number[]> {
  const names = inputs.map(({ name }) => name);
  return new Map(
    values.list('shape').map((text) => {
      const equals = text.lastIndexOf('=');
      const name = equals < 0 ? names[0] : text.slice(0, equals);
      if (equals < 0 && names.length > 1)
        throw usageError(
          `--shape: ${quoted(text)} names no input; write NAME=N,N with one of ${names.join(', ')}`,
        );
      if (name === undefined || !names.includes(name))
        throw usageError(`--shape: ${unknownInput(name ?? '', names)}`);
      const dims = text.slice(equals + 1);
      if (!/^(\d{1,9}(,\d{1,9})*)?$/.test(dims))
        throw usageError(
          `--shape: ${quoted(dims)} is no shape; write whole numbers separated by commas, as 1,3,224,224`,
        );
      return [name, dims === '' ? [] : dims.split(',').map(Number)];
    }),
  );
}

export const unknownInput = (word: string, names: readonly string[]): string =>
  `the model has no input ${quoted(word)}, it has ${names.join(', ')}.${didYouMean(word, names)}`;

/** Before made-up data takes memory for it. */
export function checkSize(
  label: string,
  datatype: Datatype,
  shape: readonly number[],
  limitBytes: number,
): void {
  const bytes = elementCount(shape) * (ELEMENT_BYTES[datatype] ?? BYTES_ELEMENT_BYTES);
  if (bytes <= limitBytes) return;
  throw failure(
    `${label}: shape ${formatShape(shape)} of ${datatype} has ${Math.round(bytes / 2 ** 20)} MiB; at most ${limitBytes / 2 ** 20} MiB are made up`,
  );
}
