/**
 * @typedef {object} TensorConfig
 * @property {string} name
 * @property {number[]} dims without the batch dimension; -1 where it is free
 */

/**
 * @typedef {object} ModelConfig
 * @property {string} name
 * @property {string} backend
 * @property {number} maxBatchSize
 * @property {TensorConfig[]} inputs
 * @property {TensorConfig[]} outputs
 * @property {number} maxQueueDelayUs
 * @property {Record<string, string>} [parameters]
 * @property {string[]} [comment]
 */

/**
 * A model's config.pbtxt, in Triton's text form.
 * @param {ModelConfig} config
 */
export function configText(config) {
  return [
    ...(config.comment ?? []).map((line) => `# ${line}`),
    `name: "${config.name}"`,
    `backend: "${config.backend}"`,
    `max_batch_size: ${config.maxBatchSize}`,
    ...config.inputs.map((tensor) => tensorText('input', tensor)),
    ...config.outputs.map((tensor) => tensorText('output', tensor)),
    `dynamic_batching {\n  max_queue_delay_microseconds: ${config.maxQueueDelayUs}\n}`,
    ...Object.entries(config.parameters ?? {}).map(([key, value]) => parameterText(key, value)),
    '',
  ].join('\n');
}

/**
 * @param {'input' | 'output'} field
 * @param {TensorConfig} tensor
 */
function tensorText(field, { name, dims }) {
  return `${field} [\n  {\n    name: "${name}"\n    data_type: TYPE_FP32\n    dims: [ ${dims.join(', ')} ]\n  }\n]`;
}

/**
 * @param {string} key
 * @param {string} value
 */
function parameterText(key, value) {
  return `parameters {\n  key: "${key}"\n  value { string_value: "${value}" }\n}`;
}
