import { silentLogger, systemClock } from '../../base';
import { createGrpcDoor } from '../../grpc';
import { IdentityDataPlane } from '../../testing';
import { heapAfterCollection } from '../process-state';
import type { DoorMessage } from './door-process';

/** The other side of door-process.ts: opens the door, says where, and what it holds whenever it is asked. */
const MIB = 1024 ** 2;
const tell = (message: DoorMessage): void => void process.send?.(message);

const dataPlane = new IdentityDataPlane();
const door = createGrpcDoor({
  dataPlane,
  logger: silentLogger,
  clock: systemClock(),
  options: {
    host: '127.0.0.1',
    port: 0,
    maxRequestBytes: 1 << 20,
    maxResponseBytes: 1 << 20,
    allowNetwork: false,
  },
});
const { port } = await door.start();
process.on('message', () => {
  // What the test double remembers of requests is not the door's.
  dataPlane.served.length = 0;
  dataPlane.orders.length = 0;
  const usedMiB = heapAfterCollection() / MIB;
  tell({ memory: { usedMiB, residentMiB: process.memoryUsage().rss / MIB, inFlight: door.inFlight() } });
});
process.once('disconnect', () => process.exit());
tell({ port });
