import { Agent, request } from 'node:http';

export interface Traffic {
  /** "http://127.0.0.1:8000". */
  readonly url: string;
  readonly model: string;
  /** Name of its only input, FP32. */
  readonly input: string;
  readonly shape: readonly number[];
  /** Each rests after an answer before it sends its next request. */
  readonly clients: number;
  readonly pauseMs: number;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Asks a model the same again and again, over the data plane's binary form. `first` resolves with the first answer. */
export function keepAsking({ url, model, input, shape, clients, pauseMs, signal }: Traffic): {
  readonly first: Promise<void>;
} {
  const values = shape.reduce((product, size) => product * size, 1);
  const tensor = {
    name: input,
    datatype: 'FP32',
    shape,
    parameters: { binary_data_size: values * Float32Array.BYTES_PER_ELEMENT },
  };
  const json = Buffer.from(JSON.stringify({ parameters: { binary_data_output: true }, inputs: [tensor] }));
  const body = Buffer.concat([json, Buffer.from(new Float32Array(values).fill(0.5).buffer)]);
  const headers = { 'Inference-Header-Content-Length': json.byteLength, 'Content-Length': body.byteLength };
  const agent = new Agent({ keepAlive: true });
  const ask = () =>
    new Promise<void>((resolve) => {
      const sent = request(`${url}/v2/models/${model}/infer`, { method: 'POST', agent, headers, signal });
      sent.once('response', (response) => response.resume().once('close', resolve));
      // An engine that stops ends the traffic with it.
      sent.once('error', () => resolve());
      sent.end(body);
    });
  const loop = async () => {
    while (!signal.aborted) {
      await ask();
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  };
  const first = ask();
  for (let client = 0; client < clients; client++) void first.then(loop);
  signal.addEventListener('abort', () => agent.destroy(), { once: true });
  return { first };
}
