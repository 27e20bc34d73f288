/**
 * @typedef {object} PythonEnv
 * @property {string[]} requires what pip calls requirement specifiers; the packages that matter are exact
 * @property {number} oldest the oldest Python 3 that they run on
 * @property {boolean} [noDeps] only these, without what they ask for
 * @property {boolean} [linuxOnly] binaries for Linux on x64
 */

/** @typedef {keyof typeof pythonEnvs} PythonEnvName */

const onnxruntime = 'onnxruntime==1.32.0; python_version >= "3.11"';
const olderOnnxruntime = 'onnxruntime; python_version < "3.11"';

/** The Python environments below .ferry/venvs: real clients for the tests, real servers for comparison. */
export const pythonEnvs = /** @satisfies {Record<string, PythonEnv>} */ ({
  clients: {
    requires: ['tritonclient[http,grpc]==2.73.0', 'numpy>=2,<3', 'pytest==9.2.0', 'ml-dtypes'],
    oldest: 10,
  },
  // 2.51.0 is the last wheel whose perf_analyzer runs with glibc 2.36. Its Python half is not used here.
  perf: {
    requires: ['tritonclient==2.51.0', 'nvidia-cuda-runtime-cu12==12.9.79'],
    oldest: 8,
    noDeps: true,
    linuxOnly: true,
  },
  triton: {
    requires: ['nvidia-pytriton==0.7.0', onnxruntime, olderOnnxruntime],
    oldest: 8,
    linuxOnly: true,
  },
  mlserver: { requires: ['mlserver==1.7.1', 'numpy', onnxruntime, olderOnnxruntime], oldest: 10 },
  frameworks: {
    requires: [
      'fastapi==0.165.0',
      'uvicorn[standard]==0.54.0',
      'litserve==0.2.19',
      'mosec==0.9.8',
      'numpy',
      onnxruntime,
      olderOnnxruntime,
    ],
    oldest: 10,
  },
  bentoml: { requires: ['bentoml==1.4.40', 'numpy', onnxruntime, olderOnnxruntime], oldest: 10 },
});
