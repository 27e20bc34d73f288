import { createServer, type Server, type ServerOpts, type Socket } from 'node:net';
import type { Clock, Timer } from './clock';
import { listen } from './listen';
import type { Logger } from './logger';

/** A door of the data plane: where clients connect. */
export interface Door {
  /** Resolves when it listens. Rejects with PORT_IN_USE, or INVALID_ARGUMENT for an address it cannot or may not have. */
  start(): Promise<{ readonly host: string; readonly port: number }>;
  /** Refuses what is new with SHUTTING_DOWN, lets what is under way finish for `drainMs`, then cuts what is left. */
  stop(drainMs: number): Promise<void>;
  /** Requests that are being read, run or answered. */
  inFlight(): number;
}

export interface DoorAddress {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Must be true for a `host` that other machines can reach. */
  readonly allowNetwork: boolean;
}

/** How often connections are asked whether they take too long, beside the limits they are held to. */
export type DoorTimeouts<Limits> = Limits & { readonly checkEveryMs: number };

/** What a door asks of a connection, whatever is spoken on it. */
export interface DoorConnection<Limits> {
  /** Nothing new is wanted: closes as soon as what is under way is answered. */
  stop(): void;
  destroy(): void;
  /** Ends what takes longer than the limits. */
  checkTime(nowUs: number, limits: Limits): void;
}

export interface SocketDoorOptions<Limits, Connection extends DoorConnection<Limits>> {
  /** What is spoken behind it, for the log: "gRPC". */
  readonly name: string;
  /** The option that sets its port, for errors: "--grpc-port". */
  readonly portFlag: string;
  readonly address: DoorAddress;
  readonly socket: ServerOpts;
  readonly timeouts: DoorTimeouts<Limits>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A client has connected. */
  readonly connect: (socket: Socket) => Connection;
}

/** Takes connections, ends those that take too long, and drains them all when it stops. */
export class SocketDoor<Limits, Connection extends DoorConnection<Limits>> {
  readonly connections: ReadonlySet<Connection>;
  readonly #options: SocketDoorOptions<Limits, Connection>;
  readonly #server: Server;
  #check: Timer | null = null;
  #stopped: Promise<void> | null = null;
  #isStopping = false;

  constructor(options: SocketDoorOptions<Limits, Connection>) {
    this.#options = options;
    const connections = new Set<Connection>();
    this.connections = connections;
    this.#server = createServer(options.socket, (socket) => {
      const connection = options.connect(socket);
      connections.add(connection);
      socket.once('close', () => connections.delete(connection));
    });
  }

  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** As `Door.start`. */
  async start(): Promise<{ readonly host: string; readonly port: number }> {
    const { name, portFlag, address, logger } = this.#options;
    const bound = await listen(this.#server, { ...address, portFlag });
    this.#server.on('error', (error) => logger.error(`the ${name} door: ${error.message}`));
    this.#checkTimes();
    return bound;
  }

  /** Closed when all connections are: by themselves, or cut after `drainMs`. */
  stop(drainMs: number): Promise<void> {
    this.#isStopping = true;
    this.#stopped ??= this.#drain(drainMs);
    return this.#stopped;
  }

  async #drain(drainMs: number): Promise<void> {
    const { clock } = this.#options;
    this.#check?.cancel();
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const limit = clock.callAt(clock.nowUs() + drainMs * 1000, () => {
      for (const connection of this.connections) connection.destroy();
    });
    for (const connection of this.connections) connection.stop();
    await closed;
    limit.cancel();
  }

  #checkTimes(): void {
    const { clock, timeouts } = this.#options;
    const nowUs = clock.nowUs();
    for (const connection of this.connections) connection.checkTime(nowUs, timeouts);
    this.#check = clock.callAt(nowUs + timeouts.checkEveryMs * 1000, () => this.#checkTimes());
  }
}
