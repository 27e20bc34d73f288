import { expect, it } from 'vitest';
import { encodeModelMetadata, encodeServerMetadata } from './metadata';

it('server metadata lists the extensions that are there, as an array', () => {
  expect(
    JSON.parse(encodeServerMetadata({ name: 'ferry', version: '1.2.3', extensions: ['binary_tensor_data'] })),
  ).toEqual({
    name: 'ferry',
    version: '1.2.3',
    extensions: ['binary_tensor_data'],
  });
});

it('model metadata gives shapes in full and nothing that only the console knows', () => {
  const spec = {
    name: 'x',
    datatype: 'FP32',
    shape: [-1, 3],
    dimNames: ['batch', null],
    optional: false,
  } as const;
  const metadata = {
    name: 'm',
    versions: ['1', '2'],
    platform: 'onnxruntime_onnx',
    inputs: [spec],
    outputs: [],
  };
  expect(JSON.parse(encodeModelMetadata(metadata))).toEqual({
    ...metadata,
    inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 3] }],
  });
});
