import protobuf from 'protobufjs/minimal.js';

// The few messages of onnx.proto that a plain graph needs, written field by field: the numbers are those of the
// published schema (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).

const float32Type = 1;
const onnxIrVersion = 8;
const onnxOpset = 17;

/** @typedef {protobuf.Writer} Writer */

/**
 * @typedef {object} Node
 * @property {string} op
 * @property {string[]} inputs
 * @property {string[]} outputs
 */

/**
 * @typedef {object} Initializer
 * @property {string} name
 * @property {number[]} dims
 * @property {Float32Array} values
 */

/**
 * @typedef {object} ValueInfo
 * @property {string} name
 * @property {(number | string)[]} dims a string names a dimension that is free
 */

/**
 * @typedef {object} Graph
 * @property {string} name
 * @property {string} doc
 * @property {Node[]} nodes
 * @property {Initializer[]} initializers
 * @property {ValueInfo[]} inputs
 * @property {ValueInfo[]} outputs
 */

/**
 * An ONNX model file with FP32 tensors.
 * @param {Graph} graph
 * @returns {Uint8Array}
 */
export function encodeModel(graph) {
  const model = protobuf.Writer.create();
  model.uint32(tag(1, 0)).int64(onnxIrVersion);
  model.uint32(tag(2, 2)).string('ferry');
  message(model, 7, (writer) => writeGraph(writer, graph));
  message(model, 8, (writer) => writer.uint32(tag(2, 0)).int64(onnxOpset));
  return model.finish();
}

/**
 * @param {number} field
 * @param {0 | 2} wireType 0 varint, 2 length-delimited
 */
const tag = (field, wireType) => (field << 3) | wireType;

/**
 * @param {Writer} writer
 * @param {number} field
 * @param {(writer: Writer) => unknown} write
 */
function message(writer, field, write) {
  writer.uint32(tag(field, 2)).fork();
  write(writer);
  writer.ldelim();
}

/**
 * @param {Writer} writer
 * @param {number} field
 * @param {string[]} values
 */
function strings(writer, field, values) {
  for (const value of values) writer.uint32(tag(field, 2)).string(value);
}

/**
 * @param {Writer} writer
 * @param {Graph} graph
 */
function writeGraph(writer, graph) {
  for (const node of graph.nodes) {
    message(writer, 1, (inner) => {
      strings(inner, 1, node.inputs);
      strings(inner, 2, node.outputs);
      strings(inner, 4, [node.op]);
    });
  }
  strings(writer, 2, [graph.name]);
  for (const tensor of graph.initializers) message(writer, 5, (inner) => writeTensor(inner, tensor));
  strings(writer, 10, [graph.doc]);
  for (const value of graph.inputs) message(writer, 11, (inner) => writeValueInfo(inner, value));
  for (const value of graph.outputs) message(writer, 12, (inner) => writeValueInfo(inner, value));
}

/**
 * @param {Writer} writer
 * @param {Initializer} tensor
 */
function writeTensor(writer, { name, dims, values }) {
  for (const dim of dims) writer.uint32(tag(1, 0)).int64(dim);
  writer.uint32(tag(2, 0)).int32(float32Type);
  strings(writer, 8, [name]);
  writer.uint32(tag(9, 2)).bytes(littleEndianBytes(values));
}

/** @param {Float32Array} values */
function littleEndianBytes(values) {
  const bytes = new Uint8Array(values.byteLength);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i++) view.setFloat32(i * 4, values[i] ?? 0, true);
  return bytes;
}

/**
 * @param {Writer} writer
 * @param {ValueInfo} value
 */
function writeValueInfo(writer, { name, dims }) {
  strings(writer, 1, [name]);
  message(writer, 2, (type) =>
    message(type, 1, (tensor) => {
      tensor.uint32(tag(1, 0)).int32(float32Type);
      message(tensor, 2, (shape) => {
        for (const dim of dims) message(shape, 1, (inner) => writeDim(inner, dim));
      });
    }),
  );
}

/**
 * @param {Writer} writer
 * @param {number | string} dim
 */
function writeDim(writer, dim) {
  if (typeof dim === 'number') writer.uint32(tag(1, 0)).int64(dim);
  else strings(writer, 2, [dim]);
}
