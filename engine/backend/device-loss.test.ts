import { expect, test } from 'vitest';
import { isDeviceLoss } from './device-loss';

test.each([
  'CUDA failure 710: device-side assert triggered ; GPU=0 ; hostname=box',
  'CUDA failure 719: unspecified launch failure ; GPU=0',
  'CUDA failure 700: an illegal memory access was encountered',
  'CUDA failure 100: no CUDA-capable device is detected',
  'CUBLAS failure: cudaErrorLaunchFailure',
  'Unable to determine the device handle for GPU 0000:01:00.0: GPU is lost.',
  'Non-zero status code: 887A0005 The GPU device instance has been suspended.',
  'DXGI_ERROR_DEVICE_HUNG in DmlExecutionProvider',
  'WebGPU device lost (1): A valid external Instance reference no longer exists.',
  'Device is lost: vkQueueSubmit failed with VK_ERROR_DEVICE_LOST',
])('is the loss of a device: %s', (message) => expect(isDeviceLoss(message)).toBe(true));

test.each([
  'Non-zero status code returned while running Gather node: indices element out of data bounds, idx=9',
  'Failed to allocate memory for requested buffer of size 1073741824',
  'CUDA failure 2: out of memory ; GPU=0',
  'Got invalid dimensions for input: x for the following indices',
  'the tensor is on the wrong device',
  '',
])('is not: %s', (message) => expect(isDeviceLoss(message)).toBe(false));
