import fc from 'fast-check';
import protobuf from 'protobufjs';
import type { ConfigValue, ModelConfig } from './model-config';
import { ModelConfigType } from './model-config-proto';

/** Any configuration, over every field of the message: what the parser gives has no empty lists and maps. */
export function anyModelConfig(): fc.Arbitrary<ModelConfig> {
  return messageOf(ModelConfigType) as fc.Arbitrary<ModelConfig>;
}

function messageOf(type: protobuf.Type): fc.Arbitrary<ConfigValue> {
  const shape: Record<string, fc.Arbitrary<ConfigValue>> = {};
  for (const field of type.fieldsArray) shape[field.name] = fieldValue(field.resolve());
  return fc.tuple(fc.record(shape, { requiredKeys: [] }), fc.nat(5)).map(([message, dice]) => {
    // One member of each oneof at most.
    const kept = { ...message } as Record<string, ConfigValue>;
    for (const { oneof } of type.oneofsArray) {
      const given = oneof.filter((name) => Object.hasOwn(kept, name));
      const chosen = given[dice % Math.max(1, given.length)];
      for (const name of given) if (name !== chosen) delete kept[name];
    }
    return kept;
  });
}

function fieldValue(field: protobuf.Field): fc.Arbitrary<ConfigValue> {
  const one = oneValue(field);
  if (field instanceof protobuf.MapField) {
    const key = field.keyType === 'string' ? text : fc.nat(99).map(String);
    return fc.dictionary(key, one, { minKeys: 1, maxKeys: 3 }).map((map) => ({ ...map }));
  }
  return field.repeated ? fc.array(one, { minLength: 1, maxLength: 3 }) : one;
}

const text = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.constantFrom('é', '"', "'", '\\', '\n', '#', '{ }', '\0'),
);

function oneValue(field: protobuf.Field): fc.Arbitrary<ConfigValue> {
  if (field.resolvedType instanceof protobuf.Type) return messageOf(field.resolvedType);
  if (field.resolvedType instanceof protobuf.Enum)
    return fc.constantFrom(...Object.keys(field.resolvedType.values));
  switch (field.type) {
    case 'string':
      return text;
    case 'bool':
      return fc.boolean();
    case 'int32':
      return fc.integer();
    case 'uint32':
      return fc.nat(2 ** 31 - 1).map((value) => value * 2 + 1);
    case 'int64':
      return fc.maxSafeInteger();
    case 'uint64':
      return fc.maxSafeNat();
    case 'float':
      return fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
    case 'double':
      return fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
    default:
      throw new Error(`no values of type ${field.type}`);
  }
}
