import { EngineError, invalid } from '../base';
import type { ParameterValue, RequestedOutput } from '../inference';
import type { JsonScanner } from './json-scanner';
import { sharedMemoryUnsupported } from './shared-memory';

/** Parameters of one request, input or output. */
export const PARAMETER_LIMIT = 256;

/** Parameters of the request whose type the protocol fixes. */
const TYPED: Readonly<Record<string, (value: ParameterValue) => string | null>> = {
  timeout: wholeNumber,
  priority: wholeNumber,
  sequence_id: (value) =>
    typeof value === 'string' ? null : wholeNumber(value) && 'a whole number of at least 0 or a string',
  sequence_start: boolean,
  sequence_end: boolean,
  binary_data_output: boolean,
};

/** `parameters` of the whole request. Reserved names are checked, all others passed on. */
export function readRequestParameters(scanner: JsonScanner): Map<string, ParameterValue> {
  const parameters = readParameters(scanner);
  for (const [key, value] of parameters) checkRequestParameter(key, value);
  return parameters;
}

/** Throws INVALID_ARGUMENT for a reserved name, and for a value of another type than the protocol fixes; for every door. */
export function checkRequestParameter(key: string, value: ParameterValue): void {
  if (key.startsWith('triton_'))
    throw invalid(`parameter "${key}": keys that begin with "triton_" are reserved`);
  if (key === 'headers') throw invalid('parameter "headers": the key is reserved');
  const expected = Object.hasOwn(TYPED, key) ? TYPED[key]?.(value) : null;
  if (expected) throw invalid(`parameter "${key}": must be ${expected}, ${shown(value)} was given`);
}

/** How an input is carried. */
export interface InputParameters {
  /** Null: not in the binary tail. */
  readonly binaryDataSize: number | null;
}

export function readInputParameters(scanner: JsonScanner, label: string): InputParameters {
  const parameters = readParameters(scanner);
  refuseSharedMemory(parameters, label);
  const size = parameters.get('binary_data_size');
  if (size === undefined) return { binaryDataSize: null };
  if (typeof size !== 'number' || wholeNumber(size)) {
    throw invalid(
      `${label}: binary_data_size must be a whole number of at least 0, ${shown(size)} was given`,
    );
  }
  return { binaryDataSize: size };
}

export function readOutputParameters(scanner: JsonScanner, label: string): Omit<RequestedOutput, 'name'> {
  const parameters = readParameters(scanner);
  refuseSharedMemory(parameters, label);
  const binary = parameters.get('binary_data') ?? false;
  if (typeof binary !== 'boolean')
    throw invalid(`${label}: binary_data must be true or false, ${shown(binary)} was given`);
  return { binary, classificationCount: classificationOf(parameters.get('classification'), label) };
}

/** Classes asked for; 0 for none. */
function classificationOf(value: ParameterValue | undefined, label: string): number {
  if (value === undefined) return 0;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw invalid(`${label}: classification must be a whole number of at least 0, ${shown(value)} was given`);
}

function readParameters(scanner: JsonScanner): Map<string, ParameterValue> {
  const parameters = new Map<string, ParameterValue>();
  scanner.readObject('parameters', (key) => {
    const value = scanner.readScalar(`parameter "${key}"`);
    if (parameters.size === PARAMETER_LIMIT)
      throw invalid(`more than ${PARAMETER_LIMIT} parameters stand in one object, which is the limit`);
    if (value === null)
      throw scanner.fail(`parameter "${key}": must be a string, a number or a boolean, null was given`);
    parameters.set(key, value);
  });
  return parameters;
}

function refuseSharedMemory(parameters: ReadonlyMap<string, ParameterValue>, label: string): void {
  for (const key of parameters.keys()) {
    if (key.startsWith('shared_memory_'))
      throw new EngineError('UNSUPPORTED', `${label}: ${sharedMemoryUnsupported().message}`);
  }
}

function wholeNumber(value: ParameterValue): string | null {
  const isWhole =
    typeof value === 'bigint'
      ? value >= 0n
      : typeof value === 'number' && Number.isInteger(value) && value >= 0;
  return isWhole ? null : 'a whole number of at least 0';
}

function boolean(value: ParameterValue): string | null {
  return typeof value === 'boolean' ? null : 'true or false';
}

function shown(value: ParameterValue): string {
  if (typeof value !== 'string') return String(value);
  return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
}
