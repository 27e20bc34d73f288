import { expect, test } from 'vitest';
import { runGrpcFuzz } from './grpc-fuzz';

test('no bytes on a gRPC connection harm the door, or a call beside them', { timeout: 120_000 }, async () => {
  const report = await runGrpcFuzz({ inputs: 2000, seed: 4 });
  expect(report.canaries).toBe(40);
  expect(report.leftInFlight).toBe(0);
  expect(report.grownMiB).toBeLessThan(400);
  // Bad input is never a fault of the engine's: neither GOAWAY with INTERNAL_ERROR nor INTERNAL or UNKNOWN as a status.
  for (const fault of ['GOAWAY 2', 'RST_STREAM 2', 'grpc-status 2', 'grpc-status 13'])
    expect(report.outcomes).not.toHaveProperty(fault);
  // All ways of refusing are reached.
  expect(Object.keys(report.outcomes)).toEqual(
    expect.arrayContaining(['GOAWAY 1', 'RST_STREAM 1', 'grpc-status 0', 'grpc-status 3', 'grpc-status 12']),
  );
});
