import protobuf from 'protobufjs';
import type { ConfigMessage, ConfigValue, ModelConfig } from './model-config';
import { ModelConfigType } from './model-config-proto';

/**
 * A configuration as clients of the protocol get it: every number, text, switch and enum at its value or its default, lists and
 * maps also when they are empty, nested messages and members of a oneof only where they are set (a client reads a key
 * `dynamic_batching`, whatever its value, as "there is a dynamic batcher"). Enums by name, 64-bit integers as numbers, keys of
 * maps as text. `ModelConfigType.fromObject` takes the result too.
 */
export function printModelConfig(config: ModelConfig): Readonly<Record<string, ConfigValue>> {
  return printMessage(ModelConfigType, config as ConfigMessage) as Readonly<Record<string, ConfigValue>>;
}

function printMessage(type: protobuf.Type, message: ConfigMessage): ConfigMessage {
  const entries: [string, ConfigValue][] = [];
  for (const field of Object.values(type.fields)) {
    const value = printField(field.resolve(), message[field.name]);
    if (value !== undefined) entries.push([field.name, value]);
  }
  return Object.fromEntries(entries);
}

function printField(field: protobuf.Field, value: ConfigValue | undefined): ConfigValue | undefined {
  if (field instanceof protobuf.MapField) {
    const entries = Object.entries((value ?? {}) as ConfigMessage);
    return Object.fromEntries(entries.map(([key, one]) => [key, printOne(field, one as ConfigValue)]));
  }
  if (field.repeated) return ((value ?? []) as readonly ConfigValue[]).map((one) => printOne(field, one));
  if (value !== undefined) return printOne(field, value);
  const isAbsent = field.partOf !== null || field.resolvedType instanceof protobuf.Type;
  return isAbsent ? undefined : defaultOf(field);
}

function printOne(field: protobuf.Field, value: ConfigValue): ConfigValue {
  return field.resolvedType instanceof protobuf.Type
    ? printMessage(field.resolvedType, value as ConfigMessage)
    : value;
}

function defaultOf(field: protobuf.Field): ConfigValue {
  if (field.resolvedType instanceof protobuf.Enum) return field.resolvedType.valuesById[0] ?? '';
  if (field.type === 'string') return '';
  return field.type === 'bool' ? false : 0;
}
