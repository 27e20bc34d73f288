/**
 * Texts by which ONNX Runtime's providers and the drivers below them say that the device itself is gone, or its context broken for
 * the rest of this process. Not in the list: out of memory, and what a model's own input can cause without harm to the device.
 */
const SIGNS: readonly RegExp[] = [
  // CUDA and cuBLAS: errors that stick to the context ("sticky errors"), and a driver or card that went away.
  /device-side assert/i,
  /unspecified launch failure/i,
  /an illegal memory access was encountered/i,
  /no CUDA-capable device/i,
  /all CUDA-capable devices are busy or unavailable/i,
  /cudaError(?:LaunchFailure|NoDevice|DevicesUnavailable|Assert|IllegalAddress|ECCUncorrectable|DeviceUninitialized)\b/i,
  /uncorrectable ECC error/i,
  /GPU (?:is lost|has fallen off the bus)/i,
  // DirectML: by name, or by number where the message has no text.
  /DXGI_ERROR_DEVICE_(?:REMOVED|HUNG|RESET)/i,
  /\b887A000[567]\b/i,
  /GPU device instance has been suspended/i,
  /device (?:was |has been )?removed/i,
  // WebGPU (Dawn), Vulkan.
  /(?:GPU|WebGPU)? ?device (?:was |is )?lost/i,
  /VK_ERROR_DEVICE_LOST/,
];

/** True when a backend's error message says that the device is lost, so that the session can never run again. */
export function isDeviceLoss(message: string): boolean {
  return SIGNS.some((sign) => sign.test(message));
}
