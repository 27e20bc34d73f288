import { type DeviceSource, type SourceContext, STALE_AFTER_PERIODS } from './device-source';
import { IOREG_ARGS, type IoregGpu, parseIoreg } from './ioreg';
import { Poller } from './poller';
import { allUnknown, type Device, known } from './readings';
import { ToolRunner } from './tool-process';

/** ioreg has no streaming mode, so a program is started for each reading: not more often than this. */
const SHORTEST_PERIOD_MS = 1_000;
const LIMIT_MS = 3_000;
const UNIFIED_NOTE =
  "Memory is unified: the total is the machine's, and what the GPU uses of it is missing for everything else.";

/** GPUs on macOS, from the I/O registry. */
export class AppleSource implements DeviceSource {
  readonly #tools: ToolRunner;
  readonly #poller: Poller;
  #gpus: readonly IoregGpu[] = [];
  #failure: string | null = null;

  constructor(private readonly context: SourceContext) {
    this.#tools = new ToolRunner(context.spawn, context.clock);
    this.#poller = new Poller(
      context.clock,
      Math.max(SHORTEST_PERIOD_MS, context.periodMs),
      () => this.#poll(),
      (error) => this.#failed(error instanceof Error ? error.message : String(error)),
    );
  }

  start(): Promise<void> {
    return this.#poller.start();
  }

  devices(): readonly Device[] {
    const doneUs = this.#poller.lastDoneUs;
    const ageUs = doneUs === null ? 0 : this.context.clock.nowUs() - doneUs;
    const stale = ageUs > STALE_AFTER_PERIODS * this.#poller.periodMs * 1000;
    const failure = stale
      ? (this.#failure ?? `ioreg has not answered for ${Math.round(ageUs / 1_000_000)} s`)
      : null;
    return this.#gpus.map((gpu, index) => this.#device(gpu, `apple:${index}`, failure));
  }

  async stop(): Promise<void> {
    await Promise.all([this.#tools.stop(), this.#poller.stop()]);
  }

  async #poll(): Promise<void> {
    this.#gpus = parseIoreg(await this.#tools.run('/usr/sbin/ioreg', IOREG_ARGS, LIMIT_MS));
    this.#failure = null;
  }

  #failed(reason: string): void {
    if (this.#failure === null) this.context.logger.warn(`${reason}. The GPU's readings are not available.`);
    this.#failure = reason;
  }

  #device(gpu: IoregGpu, id: string, failure: string | null): Device {
    const { utilization, memoryUsedBytes, powerWatts, temperatureCelsius } = gpu;
    const total = gpu.unified ? known(this.context.system.totalMemoryBytes()) : gpu.memoryTotalBytes;
    return {
      vendor: 'apple',
      info: {
        id,
        kind: 'gpu',
        name: gpu.model ?? gpu.driver,
        source: 'ioreg',
        note: failure ?? (gpu.unified ? UNIFIED_NOTE : null),
      },
      readings: failure
        ? allUnknown(id, failure)
        : { id, utilization, memoryUsedBytes, memoryTotalBytes: total, powerWatts, temperatureCelsius },
    };
  }
}
