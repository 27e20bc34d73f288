import protobuf from 'protobufjs';
import type { ConfigMessage, ConfigValue, ModelConfig } from './model-config';
import { ModelConfigType } from './model-config-proto';

/**
 * A configuration as pairs of path and text, in the order of Triton's message: `input[0].dims` and `[ 3, 224 ]`,
 * `parameters["k"]` and `"v"`. A message without content is `{ }`.
 */
export function flattenConfig(config: ModelConfig): ReadonlyMap<string, string> {
  const rows = new Map<string, string>();
  flattenMessage(ModelConfigType, config as ConfigMessage, '', rows);
  return rows;
}

function flattenMessage(
  type: protobuf.Type,
  message: ConfigMessage,
  path: string,
  rows: Map<string, string>,
): void {
  for (const field of Object.values(type.fields)) {
    const value = message[field.name];
    if (value === undefined) continue;
    const at = path === '' ? field.name : `${path}.${field.name}`;
    if (field.resolve() instanceof protobuf.MapField) {
      for (const [key, one] of Object.entries(value as ConfigMessage))
        flattenOne(field, one as ConfigValue, `${at}[${JSON.stringify(key)}]`, rows);
    } else if (Array.isArray(value) && field.resolvedType instanceof protobuf.Type) {
      value.forEach((one: ConfigValue, i) => {
        flattenOne(field, one, `${at}[${i}]`, rows);
      });
    } else flattenOne(field, value, at, rows);
  }
}

function flattenOne(
  field: protobuf.Field,
  value: ConfigValue,
  path: string,
  rows: Map<string, string>,
): void {
  const type = field.resolvedType;
  if (!(type instanceof protobuf.Type)) rows.set(path, valueText(field, value));
  else if (type.name === 'ModelParameter')
    rows.set(path, JSON.stringify((value as ConfigMessage).string_value ?? ''));
  else if (Object.keys(value).length === 0) rows.set(path, '{ }');
  else flattenMessage(type, value as ConfigMessage, path, rows);
}

function valueText(field: protobuf.Field, value: ConfigValue): string {
  if (Array.isArray(value)) {
    return value.length === 0
      ? '[ ]'
      : `[ ${value.map((one: ConfigValue) => valueText(field, one)).join(', ')} ]`;
  }
  return field.type === 'string' ? JSON.stringify(value) : String(value);
}
