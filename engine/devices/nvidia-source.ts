import type { Timer } from '../base';
import { type DeviceSource, type SourceContext, STALE_AFTER_PERIODS } from './device-source';
import {
  explainNvidiaFailure,
  type NvidiaGpuLine,
  nvidiaSmiArgs,
  parseNvidiaSmiLine,
  unknownFieldOf,
} from './nvidia-smi';
import { allUnknown, type Device } from './readings';
import { StreamingTool } from './streaming-tool';

/** nvidia-smi says nothing while the driver initialises (seconds, without persistence mode): silence longer than this is a hang. */
const SILENCE_MS = 20_000;
/** GPUs are printed in one go; this long after the first line, all of a round are there. */
const ROUND_GRACE_US = 100_000;

interface SeenGpu {
  readonly line: NvidiaGpuLine;
  readonly seenUs: number;
}

/** NVIDIA GPUs through one long-lived `nvidia-smi -lms`. */
export class NvidiaSource implements DeviceSource {
  readonly #gpus = new Map<string, SeenGpu>();
  readonly #tool: StreamingTool;
  #withMig = true;
  #grace: Timer | null = null;
  #settle: () => void = () => undefined;

  constructor(private readonly context: SourceContext) {
    this.#tool = new StreamingTool({
      clock: context.clock,
      logger: context.logger,
      spawn: context.spawn,
      commands: commandsOn(context.platform),
      args: () => nvidiaSmiArgs(context.periodMs, this.#withMig),
      onLine: (line) => this.#take(line),
      onStatus: () => this.#statusChanged(),
      silenceMs: Math.max(SILENCE_MS, STALE_AFTER_PERIODS * context.periodMs),
    });
  }

  start(): Promise<void> {
    return new Promise((resolve) => {
      this.#settle = resolve;
      this.#tool.start();
    });
  }

  devices(): readonly Device[] {
    if (this.#gpus.size === 0) return this.#placeholder();
    return [...this.#gpus.values()]
      .sort((a, b) => a.line.index - b.line.index)
      .map((gpu) => this.#device(gpu));
  }

  async stop(): Promise<void> {
    this.#grace?.cancel();
    this.#settle();
    await this.#tool.stop();
  }

  #take(line: string): boolean {
    if (this.#withMig && unknownFieldOf(line) === 'mig.mode.current') {
      this.#withMig = false;
      this.#tool.restart();
      return false;
    }
    const gpu = parseNvidiaSmiLine(line, this.#withMig);
    if (!gpu) return false;
    const { clock } = this.context;
    if (this.#gpus.has(gpu.uuid)) this.#settle();
    else this.#grace ??= clock.callAt(clock.nowUs() + ROUND_GRACE_US, () => this.#settle());
    this.#gpus.set(gpu.uuid, { line: gpu, seenUs: clock.nowUs() });
    return true;
  }

  #statusChanged(): void {
    const { state } = this.#tool.status;
    if (state === 'missing' || state === 'waiting') this.#settle();
  }

  #device({ line, seenUs }: SeenGpu): Device {
    const id = `nvidia:${line.index}`;
    const failure = this.#failure(seenUs);
    const { utilization, memoryUsedBytes, memoryTotalBytes, powerWatts, temperatureCelsius } = line;
    return {
      vendor: 'nvidia',
      info: {
        id,
        kind: 'gpu',
        name: line.name,
        uuid: line.uuid,
        source: 'nvidia-smi',
        note: failure ?? (line.mig ? MIG_NOTE : null),
      },
      readings: failure
        ? allUnknown(id, failure)
        : { id, utilization, memoryUsedBytes, memoryTotalBytes, powerWatts, temperatureCelsius },
    };
  }

  /** Why a GPU last seen at `seenUs` has no readings now; null while they are fresh. */
  #failure(seenUs: number): string | null {
    const ageUs = this.context.clock.nowUs() - seenUs;
    if (ageUs <= STALE_AFTER_PERIODS * this.context.periodMs * 1000) return null;
    const { failure } = this.#tool;
    if (failure !== null) return explainNvidiaFailure(failure);
    return `nvidia-smi has said nothing of this GPU for ${Math.round(ageUs / 1_000_000)} s`;
  }

  /** The tool is there but fails before it named a GPU: one device that says so, unless it says that there is none. */
  #placeholder(): readonly Device[] {
    const { failure, status } = this.#tool;
    if (failure === null || status.state === 'missing' || /No devices were found/i.test(failure)) return [];
    const reason = explainNvidiaFailure(failure);
    const info = {
      id: 'nvidia',
      kind: 'gpu',
      name: 'NVIDIA GPU',
      source: 'nvidia-smi',
      note: reason,
    } as const;
    return [{ vendor: 'nvidia', info, readings: allUnknown(info.id, reason) }];
  }
}

const MIG_NOTE =
  'MIG is enabled: memory, power and temperature are those of the whole GPU, and the driver gives no utilisation.';

function commandsOn(platform: NodeJS.Platform): readonly string[] {
  // In WSL the tool lies outside of PATH for programs that are not started from a login shell.
  if (platform === 'linux') return ['nvidia-smi', '/usr/lib/wsl/lib/nvidia-smi'];
  if (platform === 'win32')
    return ['nvidia-smi', 'C:\\Program Files\\NVIDIA Corporation\\NVSMI\\nvidia-smi.exe'];
  return ['nvidia-smi'];
}
