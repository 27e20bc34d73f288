/** Texts by which ONNX Runtime's allocators, its providers and JavaScript itself say that memory for a run could not be had. */
const SIGNS: readonly RegExp[] = [
  // The arena of every provider, and the limit that can be set on it.
  /failed to allocate memory/i,
  /available memory of \d+ is smaller than requested bytes of \d+/i,
  /\bbad[ _]alloc(?:ation)?\b/i,
  // CUDA, cuBLAS, cuDNN, HIP.
  /\bout of memory\b/i,
  /cudaErrorMemoryAllocation\b/i,
  /(?:CUBLAS|CUDNN|CUSOLVER|CUFFT)_(?:STATUS_)?ALLOC_FAILED\b/,
  // DirectML: by name, or by number where the message has no text.
  /\bE_OUTOFMEMORY\b/,
  /\b8007000E\b/i,
  /not enough memory (?:resources|storage)/i,
  // WebGPU, Vulkan.
  /VK_ERROR_OUT_OF_(?:DEVICE|HOST)_MEMORY/,
  // The tensors' own buffers.
  /array buffer allocation failed/i,
];

/** True when a backend's error message says that a run did not fit into memory; the session can run smaller batches. */
export function isOutOfMemory(message: string): boolean {
  return SIGNS.some((sign) => sign.test(message));
}
