import type { ModelDefinition } from './model-definition';

/** What the operator is to know of a model that serves: what its configuration asks for and does not get here. */
export function noticesOf({
  keptFields,
  keptDefaults,
}: Pick<ModelDefinition, 'keptFields' | 'keptDefaults'>): readonly string[] {
  return [
    ...keptFields.map((field) => `config.pbtxt sets ${field}, which is kept and has no effect here`),
    ...keptDefaults.map(
      (input) =>
        `optional input "${input}" always has the value in the model file: ONNX Runtime's Node binding takes no other, so requests may not bring it`,
    ),
  ];
}
