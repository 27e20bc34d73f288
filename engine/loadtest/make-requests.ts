import { invalid } from '../base';
import type { LoadPlan, RequestSource } from './load-plan';
import { type InputValues, makeInput, requestShape } from './make-inputs';
import { createRandom } from './random';

/** Different requests in the pool: enough that no cache can answer all, few enough to be made at once. */
const POOL_SIZE = 8;
/** Large requests share less variety, rather than filling the memory. */
const POOL_BYTES = 64 * 1024 * 1024;

/** The complete bytes (head and body) of the requests of a plan; they are sent in turn. Throws INVALID_ARGUMENT for a bad header. */
export function makeRequests(
  plan: Pick<LoadPlan, 'host' | 'port' | 'path' | 'requests' | 'seed'>,
): Uint8Array[] {
  const { requests } = plan;
  if (requests.kind === 'bodies') {
    if (requests.bodies.length === 0) throw invalid('bodies: give at least one request body, there are 0');
    return requests.bodies.map((body) => httpRequest(plan, requests.headers, [body]));
  }
  const random = createRandom(plan.seed);
  const made = [makeModelRequest(plan, requests, random)];
  const first = made[0]?.byteLength ?? 1;
  const count = Math.max(1, Math.min(POOL_SIZE, Math.floor(POOL_BYTES / first)));
  while (made.length < count) made.push(makeModelRequest(plan, requests, random));
  return made;
}

type Destination = Pick<LoadPlan, 'host' | 'port' | 'path'>;
type ModelSource = Extract<RequestSource, { kind: 'model' }>;

function makeModelRequest(to: Destination, source: ModelSource, random: () => number): Uint8Array {
  const inputs = source.inputs
    .filter((spec) => !spec.optional)
    .map((spec) =>
      makeInput(
        spec,
        requestShape(spec, source.batchable, source.rowsPerRequest, source.dynamicDims),
        random,
      ),
    );
  return source.encoding === 'binary' ? binaryRequest(to, inputs) : jsonRequest(to, inputs);
}

/** Open Inference Protocol, binary tensor extension: JSON first, then the tensors' bytes in the order of the inputs. */
function binaryRequest(to: Destination, inputs: readonly InputValues[]): Uint8Array {
  const json = Buffer.from(
    JSON.stringify({
      parameters: { binary_data_output: true },
      inputs: inputs.map(({ name, datatype, shape, values }) => ({
        name,
        datatype,
        shape,
        parameters: { binary_data_size: values.byteLength },
      })),
    }),
  );
  const headers = {
    'Content-Type': 'application/octet-stream',
    'Inference-Header-Content-Length': String(json.byteLength),
  };
  return httpRequest(to, headers, [json, ...inputs.map(({ values }) => asBytes(values))]);
}

function jsonRequest(to: Destination, inputs: readonly InputValues[]): Uint8Array {
  const text = inputs.map(
    ({ name, datatype, shape, values, strings }) =>
      `{"name":${JSON.stringify(name)},"datatype":"${datatype}","shape":${JSON.stringify(shape)},"data":[${jsonData(datatype, values, strings)}]}`,
  );
  return httpRequest(to, { 'Content-Type': 'application/json' }, [
    Buffer.from(`{"inputs":[${text.join(',')}]}`),
  ]);
}

function jsonData(
  datatype: InputValues['datatype'],
  values: InputValues['values'],
  strings: readonly string[] | null,
): string {
  if (strings !== null) return strings.map((word) => JSON.stringify(word)).join(',');
  const elements = values as unknown as ArrayLike<number | bigint>;
  if (datatype === 'BOOL') return Array.from(elements, (bit) => (bit ? 'true' : 'false')).join(',');
  // Five decimals are enough for made-up values, and keep the text a third as long.
  if (datatype === 'FP32' || datatype === 'FP64')
    return Array.from(elements, (v) => Number(v).toFixed(5)).join(',');
  return Array.from(elements, String).join(',');
}

const asBytes = (view: ArrayBufferView): Uint8Array =>
  new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

function httpRequest(
  to: Destination,
  headers: Readonly<Record<string, string>>,
  parts: readonly Uint8Array[],
): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.byteLength, 0);
  const host = to.host.includes(':') ? `[${to.host}]` : to.host;
  const lines = [
    `POST ${to.path} HTTP/1.1`,
    `Host: ${host}:${to.port}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    `Content-Length: ${length}`,
  ];
  for (const line of lines) {
    if (/[^\x20-\x7e]/.test(line))
      throw invalid(`request head line ${JSON.stringify(line)}: only printable ASCII may stand in it`);
  }
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), ...parts]);
}
