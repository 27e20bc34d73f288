import { afterEach, expect, test } from 'vitest';
import { type DoorProcess, startDoorProcess } from './door-process';
import { runGrpcFuzz } from './grpc-fuzz';

let door: DoorProcess;
afterEach(() => door?.stop());

test('no bytes on a gRPC connection harm the door, or a call beside them', { timeout: 120_000 }, async () => {
  door = await startDoorProcess();
  await runGrpcFuzz({ port: door.port, inputs: 400, seed: 3 });
  const warm = await door.memory();
  const report = await runGrpcFuzz({ port: door.port, inputs: 2000, seed: 4 });
  expect(report.canaries).toBe(40);
  // Bad input is never a fault of the engine's: neither GOAWAY with INTERNAL_ERROR nor INTERNAL or UNKNOWN as a status.
  for (const fault of ['GOAWAY 2', 'RST_STREAM 2', 'grpc-status 2', 'grpc-status 13'])
    expect(report.outcomes).not.toHaveProperty(fault);
  // All ways of refusing are reached.
  expect(Object.keys(report.outcomes)).toEqual(
    expect.arrayContaining(['GOAWAY 1', 'RST_STREAM 1', 'grpc-status 0', 'grpc-status 3', 'grpc-status 12']),
  );
  const after = await door.memory();
  expect(after.inFlight).toBe(0);
  // A kibibyte a connection, kept, would be two more.
  expect(after.usedMiB - warm.usedMiB).toBeLessThan(2);
});
