import protobuf from 'protobufjs';
import { invalid } from '../base';
import { didYouMean } from './did-you-mean';
import type { ConfigMessage, ConfigValue, ModelConfig } from './model-config';
import { ModelConfigType } from './model-config-proto';
import { canonicalConfig } from './model-config-text';

/** As for the text form: a configuration is some kilobytes. */
const MAX_JSON_LENGTH = 1024 * 1024;

/**
 * Reads a `ModelConfig` from JSON, as load requests carry it: names in snake_case or camelCase, enums by name or number, 64-bit
 * integers as number or text; null stands for a field that is not set.
 *
 * Errors: INVALID_ARGUMENT naming the field by its path ("config: input[0].dims[1] …"), the value and what was expected.
 */
export function parseModelConfigJson(text: string): ModelConfig {
  if (text.length > MAX_JSON_LENGTH)
    throw invalid(`config: ${text.length} characters; a configuration may have ${MAX_JSON_LENGTH}`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalid(`config: not JSON: ${(error as Error).message.slice(0, 200)}`);
  }
  return canonicalConfig(readMessage(ModelConfigType, value, '') as ModelConfig);
}

function fault(path: string, message: string): Error {
  return invalid(`config: ${path === '' ? 'it' : path} ${message}`);
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function objectAt(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Readonly<Record<string, unknown>>;
  throw fault(path, `is ${shown(value)}; an object is expected`);
}

function readMessage(type: protobuf.Type, value: unknown, path: string): ConfigMessage {
  const found = new Map<string, ConfigValue>();
  const chosen = new Map<string, string>();
  for (const [key, one] of Object.entries(objectAt(value, path))) {
    const at = path === '' ? key : `${path}.${key}`;
    const field = fieldOf(type, key);
    if (field === null) throw invalid(`config: unknown field "${at.slice(-200)}"${meant(type, key)}`);
    if (one === null) continue;
    if (found.has(field.name)) throw fault(at, 'is given twice');
    const rival = field.partOf ? chosen.get(field.partOf.name) : undefined;
    if (rival !== undefined) throw fault(at, `cannot stand beside "${rival}"`);
    if (field.partOf) chosen.set(field.partOf.name, field.name);
    found.set(field.name, readField(field, one, at));
  }
  return Object.fromEntries(found);
}

function meant(type: protobuf.Type, key: string): string {
  const hint = didYouMean(key.slice(0, 100), Object.keys(type.fields));
  return hint === '' ? '' : `.${hint}`;
}

function fieldOf(type: protobuf.Type, key: string): protobuf.Field | null {
  if (Object.hasOwn(type.fields, key)) return type.fields[key]?.resolve() ?? null;
  return type.fieldsArray.find((field) => protobuf.util.camelCase(field.name) === key)?.resolve() ?? null;
}

function readField(field: protobuf.Field, value: unknown, path: string): ConfigValue {
  if (field instanceof protobuf.MapField) {
    const entries = Object.entries(objectAt(value, path)).map(([key, one]): [string, ConfigValue] => {
      const at = `${path}[${shown(key)}]`;
      if (field.keyType !== 'string') readInteger(field.keyType, key, at);
      return [key, readOne(field, one, at)];
    });
    return Object.fromEntries(entries);
  }
  if (!field.repeated) return readOne(field, value, path);
  if (!Array.isArray(value)) throw fault(path, `is ${shown(value)}; a list is expected`);
  return value.map((one, i) => readOne(field, one, `${path}[${i}]`));
}

function readOne(field: protobuf.Field, value: unknown, path: string): ConfigValue {
  if (field.resolvedType instanceof protobuf.Type) return readMessage(field.resolvedType, value, path);
  if (field.resolvedType instanceof protobuf.Enum) return readEnum(field.resolvedType, value, path);
  switch (field.type) {
    case 'string':
      if (typeof value === 'string') return value;
      throw fault(path, `is ${shown(value)}; a text is expected`);
    case 'bool':
      if (typeof value === 'boolean') return value;
      throw fault(path, `is ${shown(value)}; true or false is expected`);
    case 'float':
    case 'double': {
      const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
      if (typeof number === 'number' && Number.isFinite(number)) return number;
      throw fault(path, `is ${shown(value)}; a number is expected`);
    }
    default:
      return readInteger(field.type, value, path);
  }
}

const INTEGER_LIMITS: Readonly<Record<string, readonly [min: number, max: number]>> = {
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  uint64: [0, Number.MAX_SAFE_INTEGER],
};

function readInteger(type: string, value: unknown, path: string): number {
  const [min, max] = INTEGER_LIMITS[type] ?? [0, 0];
  const number = typeof value === 'string' && /^-?\d{1,20}$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isInteger(number) && number >= min && number <= max) return number;
  throw fault(path, `is ${shown(value)}; a whole number from ${min} to ${max} is expected`);
}

function readEnum(type: protobuf.Enum, value: unknown, path: string): string {
  const names = Object.keys(type.values);
  if (typeof value === 'string' && Object.hasOwn(type.values, value)) return value;
  const name = typeof value === 'number' ? type.valuesById[value] : undefined;
  if (name !== undefined) return name;
  const hint = typeof value === 'string' ? didYouMean(value.slice(0, 100), names) : '';
  throw fault(
    path,
    `is ${shown(value)}; it must be one of ${names.join(', ')}${hint === '' ? '' : `.${hint}`}`,
  );
}
