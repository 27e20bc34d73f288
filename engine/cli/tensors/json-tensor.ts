import { toEngineError } from '../../base';
import { decodeInferRequest, JsonScanner } from '../../protocol';
import { elementCount, type NamedTensor } from '../../tensor';
import { failure } from '../cli-error';
import type { TensorMetadata } from '../v2-client';
import { fitShape, reshaped } from './shape-fit';

/**
 * A tensor from a JSON array (nested or flat) or a single value. Numbers keep every digit: the protocol's own reader reads them.
 *
 * @param shape what `--shape` says; null: from the nesting and the model
 */
export function tensorOfJson(
  label: string,
  text: string,
  spec: TensorMetadata,
  shape: readonly number[] | null,
): NamedTensor {
  const nesting = inWords(label, () => nestingOf(new JsonScanner(Buffer.from(text.trim()))));
  const flat = nesting.length === 0;
  const given = flat ? [1] : nesting;
  const sent = shape === null ? fitShape(label, given, spec) : reshaped(label, elementCount(given), shape);
  const name = JSON.stringify(spec.name);
  const body = `{"inputs":[{"name":${name},"datatype":"${spec.datatype}","shape":[${given}],"data":${flat ? `[${text}]` : text}}]}`;
  const [tensor] = decodeBody(label, body);
  return { ...(tensor as NamedTensor), shape: sent };
}

/** The inputs of a whole request, `{"inputs": […]}`. */
export function tensorsOfRequest(label: string, text: string): readonly NamedTensor[] {
  return decodeBody(label, text);
}

function decodeBody(label: string, text: string): readonly NamedTensor[] {
  const body = Buffer.from(text);
  return inWords(
    label,
    () => decodeInferRequest({ model: '', version: null, body, headerLength: null }).inputs,
  );
}

/** What the protocol's reader finds wrong, said of the data that the user gave. */
function inWords<T>(label: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const { message } = toEngineError(error);
    throw failure(message.startsWith(label) ? message : `${label}: ${message}`, error);
  }
}

/** Length of the first array of each level: the shape, if the arrays are even, which is for the reader to find out. */
function nestingOf(scanner: JsonScanner): number[] {
  if (!scanner.atArrayStart()) {
    scanner.skipValue(true);
    return [];
  }
  let length = 0;
  let inner: number[] = [];
  scanner.readArray('data', (index) => {
    length++;
    if (index === 0) inner = nestingOf(scanner);
    else scanner.skipValue(true);
  });
  return [length, ...inner];
}
