import { expect, test } from 'vitest';
import { readableMessage } from './onnx-session';

test('an error of ONNX Runtime is told without its source files and signatures', () => {
  const webgpu =
    '/onnxruntime_src/onnxruntime/core/providers/webgpu/webgpu_context.cc:136 onnxruntime::webgpu::WebGpuContext::Initialize(const onnxruntime::webgpu::WebGpuContextConfig&)::<lambda()> adapter_result.status == wgpu::RequestAdapterStatus::Success was false. Failed to get a WebGPU adapter: No supported adapters\n';
  expect(readableMessage(new Error(webgpu))).toBe('Failed to get a WebGPU adapter: No supported adapters');
});

test('any other error is told by its first line', () => {
  expect(readableMessage(new Error('Load model failed: Protobuf parsing failed.\nmore'))).toBe(
    'Load model failed: Protobuf parsing failed.',
  );
  expect(readableMessage('plain')).toBe('plain');
});
