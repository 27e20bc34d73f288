import { expect, test } from 'vitest';
import { isDeviceLoss } from './device-loss';
import { isOutOfMemory } from './out-of-memory';

test.each([
  'Failed to allocate memory for requested buffer of size 1073741824',
  'Available memory of 1048576 is smaller than requested bytes of 4194304',
  'bad allocation',
  'std::bad_alloc',
  'CUDA failure 2: out of memory ; GPU=0 ; hostname=box',
  'CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED ; GPU=0',
  'Non-zero status code: 8007000E Not enough memory resources are available to complete this operation.',
  'vkAllocateMemory failed with VK_ERROR_OUT_OF_DEVICE_MEMORY',
  'Array buffer allocation failed',
])('is lack of memory, and no loss of the device: %s', (message) => {
  expect(isOutOfMemory(message)).toBe(true);
  expect(isDeviceLoss(message)).toBe(false);
});

test.each([
  'indices element out of data bounds, idx=9',
  'CUDA failure 700: an illegal memory access was encountered',
  'Got invalid dimensions for input: x',
  '',
])('is not: %s', (message) => expect(isOutOfMemory(message)).toBe(false));
