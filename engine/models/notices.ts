import type { ModelDefinition } from './model-definition';

/** What the operator is to know of a model that serves: fields of its configuration that have no effect here. */
export function noticesOf({ keptFields }: Pick<ModelDefinition, 'keptFields'>): readonly string[] {
  return keptFields.map((field) => `config.pbtxt sets ${field}, which is kept and has no effect here`);
}
