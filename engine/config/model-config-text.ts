import protobuf from 'protobufjs';
import textformat from 'protobufjs/ext/textformat.js';
import { didYouMean } from './did-you-mean';
import type { ConfigMessage, ConfigValue, ModelConfig } from './model-config';
import { ModelConfigType } from './model-config-proto';
import {
  type PbtxtField,
  type PbtxtMessage,
  type PbtxtValue,
  parsePbtxtTree,
  pbtxtError,
} from './pbtxt-tree';

/** A configuration file of a model is some kilobytes; more is not one. */
const MAX_TEXT_LENGTH = 1024 * 1024;

/**
 * Reads the text of a `config.pbtxt`.
 *
 * Errors: MODEL_INVALID with line and column, naming the field and, when it looks like a slip, the name that was meant.
 */
export function parseModelConfig(text: string): ModelConfig {
  return readModelConfig(text).config;
}

/** As `parseModelConfig`, with the places of the fields, which edits need. */
export function readModelConfig(text: string): { readonly config: ModelConfig; readonly tree: PbtxtMessage } {
  if (text.length > MAX_TEXT_LENGTH)
    throw pbtxtError(text, 0, `${text.length} characters; a configuration may have ${MAX_TEXT_LENGTH}`);
  const tree = parsePbtxtTree(text);
  checkFields(text, tree, ModelConfigType);
  try {
    const message = textformat.fromText(ModelConfigType, text.slice(tree.start));
    return {
      config: plainMessage(ModelConfigType, message as unknown as ConfigMessage) as ModelConfig,
      tree,
    };
  } catch (error) {
    throw locateFault(text, tree, ModelConfigType) ?? pbtxtError(text, 0, (error as Error).message);
  }
}

/** The text of a configuration: every field that is set, in the order of Triton's numbers. Inverse of `parseModelConfig`. */
export function writeModelConfig(config: ModelConfig): string {
  return `${fieldsText(ModelConfigType, config as ConfigMessage)}\n`;
}

/** Fields of a message as text, one per line. Enums may be given by name. */
export function fieldsText(type: protobuf.Type, message: ConfigMessage): string {
  return textformat.toText(type, rawMessage(type, message)).replace(/^(\s*)(\w+) \{\n\s*\}$/gm, '$1$2 { }');
}

function fieldOf(type: protobuf.Type, name: string): protobuf.Field | null {
  const field = Object.hasOwn(type.fields, name) ? type.fields[name] : undefined;
  return field === undefined ? null : field.resolve();
}

/** Names, repetition and shape of all fields: what can be told from the structure alone, with its place. */
function checkFields(text: string, message: PbtxtMessage, type: protobuf.Type): void {
  const seen = new Set<string>();
  for (const found of message.fields) {
    const field = fieldOf(type, found.name);
    if (field === null) {
      const meant = didYouMean(found.name, Object.keys(type.fields));
      throw pbtxtError(text, found.start, `unknown field "${found.name}" in ${type.name}.${meant}`);
    }
    const fault = field.repeated || field.map ? null : repetitionFault(found, seen);
    if (fault !== null) throw pbtxtError(text, found.start, fault);
    const rival = field.partOf?.oneof.find((name) => name !== found.name && seen.has(name));
    if (rival !== undefined)
      throw pbtxtError(text, found.start, `"${found.name}" cannot stand beside "${rival}"`);
    seen.add(found.name);
    for (const value of found.values) checkValue(text, found, field, value);
  }
}

function repetitionFault(found: PbtxtField, seen: ReadonlySet<string>): string | null {
  if (found.isList) return `"${found.name}" takes one value, not a list`;
  return seen.has(found.name) ? `"${found.name}" is set twice` : null;
}

function checkValue(text: string, found: PbtxtField, field: protobuf.Field, value: PbtxtValue): void {
  const nested = field.resolvedType instanceof protobuf.Type ? field.resolvedType : null;
  const isMap = field instanceof protobuf.MapField;
  const takesMessage = isMap || nested !== null;
  if (value.kind === 'scalar') {
    if (takesMessage) throw pbtxtError(text, value.start, `"${found.name}" takes { … }, not a single value`);
  } else if (!takesMessage) {
    throw pbtxtError(text, value.start, `"${found.name}" takes a single value, not { … }`);
  } else if (isMap) checkMapEntry(text, found, nested, value);
  else if (nested !== null) checkFields(text, value, nested);
}

function checkMapEntry(
  text: string,
  found: PbtxtField,
  nested: protobuf.Type | null,
  entry: PbtxtMessage,
): void {
  for (const part of entry.fields) {
    if (part.name !== 'key' && part.name !== 'value') {
      throw pbtxtError(
        text,
        part.start,
        `unknown field "${part.name}" in an entry of "${found.name}"; it has "key" and "value"`,
      );
    }
    const inner = part.values[0];
    if (part.name === 'value' && nested !== null && inner?.kind === 'message')
      checkFields(text, inner, nested);
  }
}

/** The first value that the text format refuses, by trying each alone. Only called when the whole was refused. */
function locateFault(text: string, message: PbtxtMessage, type: protobuf.Type): Error | null {
  for (const found of message.fields) {
    const field = fieldOf(type, found.name);
    if (field === null) continue;
    for (const value of found.values) {
      const fault = locateFaultInValue(text, value, type, field);
      if (fault !== null) return fault;
    }
  }
  return null;
}

function locateFaultInValue(
  text: string,
  value: PbtxtValue,
  type: protobuf.Type,
  field: protobuf.Field,
): Error | null {
  if (!(field instanceof protobuf.MapField) && field.resolvedType instanceof protobuf.Type) {
    return value.kind === 'message' ? locateFault(text, value, field.resolvedType) : null;
  }
  const fault = faultOf(type, field, text.slice(value.start, value.end));
  return fault === null ? null : pbtxtError(text, value.start, fault);
}

function faultOf(type: protobuf.Type, field: protobuf.Field, valueText: string): string | null {
  try {
    const alone = textformat.fromText(type, `${field.name}: ${valueText}`);
    plainMessage(type, alone as unknown as ConfigMessage);
    return null;
  } catch (error) {
    if (field.resolvedType instanceof protobuf.Enum) {
      const names = Object.keys(field.resolvedType.values);
      return `"${field.name}" is one of ${names.join(', ')}, not ${valueText}.${didYouMean(valueText, names)}`;
    }
    const reason = (error as Error).message
      .replace(/ \(line \d+\)$/, '')
      .replace(/^\.inference\.[\w.]+: /, '');
    return `"${field.name}" is of type ${field.type}, ${valueText} is not: ${reason}`;
  }
}

/** A message as plain values: only what is set, enums by name, 64-bit integers as numbers. */
function plainMessage(type: protobuf.Type, message: ConfigMessage): ConfigMessage {
  const entries: [string, ConfigValue][] = [];
  for (const field of type.fieldsArray) {
    if (!Object.hasOwn(message, field.name)) continue;
    const value = message[field.name];
    if (value === undefined || isEmpty(field, value)) continue;
    entries.push([field.name, eachValue(field, value, (one) => plainValue(field, one))]);
  }
  return Object.fromEntries(entries);
}

/** In a message an empty list or map and none are the same. */
function isEmpty(field: protobuf.Field, value: ConfigValue): boolean {
  if (field instanceof protobuf.MapField) return Object.keys(value).length === 0;
  return Array.isArray(value) && value.length === 0;
}

/** A configuration as it would read back from a file: without empty lists and maps, and without what is undefined. */
export function canonicalConfig(config: ModelConfig): ModelConfig {
  return plainMessage(ModelConfigType, rawMessage(ModelConfigType, config as ConfigMessage)) as ModelConfig;
}

/** The opposite: enums by number, as the text writer wants them. */
function rawMessage(type: protobuf.Type, message: ConfigMessage): ConfigMessage {
  const entries: [string, ConfigValue][] = [];
  for (const [name, value] of Object.entries(message)) {
    const field = fieldOf(type, name);
    if (field === null || value === undefined) continue;
    entries.push([name, eachValue(field, value, (one) => rawValue(field, one))]);
  }
  return Object.fromEntries(entries);
}

function eachValue(
  field: protobuf.Field,
  value: ConfigValue,
  convert: (one: ConfigValue) => ConfigValue,
): ConfigValue {
  if (field instanceof protobuf.MapField) {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, convert(one as ConfigValue)]));
  }
  return Array.isArray(value) ? value.map(convert) : convert(value);
}

function plainValue(field: protobuf.Field, value: ConfigValue): ConfigValue {
  const type = field.resolvedType;
  if (type instanceof protobuf.Type) return plainMessage(type, value as ConfigMessage);
  if (type instanceof protobuf.Enum) {
    const name = type.valuesById[value as number];
    if (name === undefined) throw new Error(`there is no value ${value}`);
    return name;
  }
  // protobufjs gives 64-bit integers as Long objects where that package is there.
  const number = typeof value === 'object' ? Number(String(value)) : value;
  if (typeof number === 'number' && field.type.endsWith('int64') && !Number.isSafeInteger(number)) {
    throw new Error(`${String(value)} is too large (limit ${Number.MAX_SAFE_INTEGER})`);
  }
  return number;
}

function rawValue(field: protobuf.Field, value: ConfigValue): ConfigValue {
  const type = field.resolvedType;
  if (type instanceof protobuf.Type) return rawMessage(type, value as ConfigMessage);
  if (type instanceof protobuf.Enum && typeof value === 'string') return type.values[value] ?? 0;
  return value;
}
