import { createLogger, type Door, systemClock } from '../base';
import type { LogEntry } from '../contract';
import { IdentityDataPlane } from '../testing';
import { GrpcTestClient, type Plain } from '../testing/grpc-client';
import { createGrpcDoor, type GrpcDoorOptions } from './grpc-door';

export interface OpenGrpcDoor {
  readonly door: Door;
  readonly dataPlane: IdentityDataPlane;
  readonly port: number;
  readonly log: readonly LogEntry[];
  readonly client: GrpcTestClient;
  close(): Promise<void>;
}

/** For tests: a door on a free port before the identity model, and the reference client. */
export async function openGrpcDoor(
  options: Partial<GrpcDoorOptions['options']> = {},
  more: Partial<GrpcDoorOptions> = {},
): Promise<OpenGrpcDoor> {
  const clock = systemClock();
  const dataPlane = new IdentityDataPlane();
  const log: LogEntry[] = [];
  const door = createGrpcDoor({
    dataPlane,
    logger: createLogger((entry) => log.push(entry), clock.wallMs),
    clock,
    options: {
      host: '127.0.0.1',
      port: 0,
      maxRequestBytes: 4 * 1024 * 1024,
      maxResponseBytes: 4 * 1024 * 1024,
      allowNetwork: false,
      ...options,
    },
    ...more,
  });
  const { port } = await door.start();
  const client = new GrpcTestClient(port);
  return {
    door,
    dataPlane,
    port,
    log,
    client,
    close: async () => {
      client.close();
      await door.stop(0);
      await clock.close();
    },
  };
}

const SERVICE = 'inference.GRPCInferenceService';

export const INFER_PATH = `/${SERVICE}/ModelInfer`;
export const STREAM_PATH = `/${SERVICE}/ModelStreamInfer`;

/** A request for the identity model with one raw FP32 tensor. */
export function inferRequest(values: readonly number[], more: Plain = {}): Plain {
  return {
    model_name: 'identity',
    inputs: [{ name: 'x', datatype: 'FP32', shape: [1, values.length] }],
    raw_input_contents: [Buffer.from(new Float32Array(values).buffer)],
    ...more,
  };
}

export function floatsOf(response: Plain, index = 0): number[] {
  const [raw] = (response.raw_output_contents as Buffer[]).slice(index);
  if (!raw) throw new Error('the answer has no raw output');
  const own = Uint8Array.from(raw);
  return [...new Float32Array(own.buffer)];
}
