import { type DeviceSource, type SourceContext, STALE_AFTER_PERIODS } from './device-source';
import { allUnknown, type Device, known, shareOfPercent, unknown, type Vendor } from './readings';
import { StreamingTool } from './streaming-tool';
import {
  parseWindowsLine,
  sumWindowsRound,
  WINDOWS_SCRIPT,
  type WindowsAdapter,
  type WindowsCounter,
  type WindowsGpuFigures,
} from './windows-counters';

/** A round takes a second by itself, more on a loaded machine. */
const ROUND_MS = 2_000;
const SILENCE_MS = 30_000;
const VENDORS: ReadonlyMap<number, Vendor> = new Map([
  [0x10de, 'nvidia'],
  [0x1002, 'amd'],
  [0x8086, 'intel'],
]);
/** Microsoft's own adapters are software. */
const MICROSOFT = 0x1414;
const NOTE =
  "Utilisation is that of the GPU's busiest engine over all programs, as the Task Manager shows it; memory is the dedicated part.";

interface Round {
  readonly figures: readonly WindowsGpuFigures[];
  readonly adapters: ReadonlyMap<string, WindowsAdapter>;
  readonly atUs: number;
}

/** GPUs on Windows, from performance counters that every user may read. */
export class WindowsSource implements DeviceSource {
  readonly #tool: StreamingTool;
  #counters: WindowsCounter[] = [];
  #adapters = new Map<string, WindowsAdapter>();
  #round: Round | null = null;
  #error: string | null = null;
  #settle: () => void = () => undefined;

  constructor(private readonly context: SourceContext) {
    this.#tool = new StreamingTool({
      clock: context.clock,
      logger: context.logger,
      spawn: context.spawn,
      commands: ['powershell.exe', 'pwsh.exe'],
      args: () => ['-NoLogo', '-NoProfile', '-NonInteractive', '-Command', WINDOWS_SCRIPT],
      onLine: (line) => this.#take(line),
      onStatus: () => this.#statusChanged(),
      silenceMs: SILENCE_MS,
    });
  }

  start(): Promise<void> {
    return new Promise((resolve) => {
      this.#settle = resolve;
      this.#tool.start();
    });
  }

  devices(): readonly Device[] {
    const round = this.#round;
    if (!round) return [];
    const failure = this.#failure(round.atUs);
    return figuresOf(round).map((figures) => device(figures, round.adapters.get(figures.luid), failure));
  }

  async stop(): Promise<void> {
    this.#settle();
    await this.#tool.stop();
  }

  #take(text: string): boolean {
    const line = parseWindowsLine(text);
    if (!line) return false;
    if (line.kind === 'adapter') this.#adapters.set(line.adapter.luid, line.adapter);
    if (line.kind === 'counter') this.#counters.push(line.counter);
    if (line.kind === 'error') this.#tellError(line.message);
    if (line.kind === 'end') this.#endRound();
    return true;
  }

  #endRound(): void {
    if (this.#counters.length > 0) {
      const figures = sumWindowsRound(this.#counters);
      this.#round = { figures, adapters: this.#adapters, atUs: this.context.clock.nowUs() };
      this.#error = null;
    }
    this.#counters = [];
    this.#adapters = new Map();
    this.#settle();
  }

  #tellError(message: string): void {
    const reason = `Windows' GPU counters cannot be read: ${message || 'no counter was found'}`;
    if (this.#error === null) this.context.logger.warn(reason);
    this.#error = reason;
  }

  #statusChanged(): void {
    const { state } = this.#tool.status;
    this.#counters = [];
    if (state === 'missing' || state === 'waiting') this.#settle();
  }

  #failure(atUs: number): string | null {
    const ageUs = this.context.clock.nowUs() - atUs;
    if (ageUs <= STALE_AFTER_PERIODS * ROUND_MS * 1000) return null;
    if (this.#tool.failure !== null) return this.#tool.failure;
    return (
      this.#error ?? `Windows' GPU counters have not been answered for ${Math.round(ageUs / 1_000_000)} s`
    );
  }
}

/** Counters also name virtual displays and the software renderer. A registry record tells real ones; without any record, all stay. */
function figuresOf({ figures, adapters }: Round): readonly WindowsGpuFigures[] {
  if (adapters.size === 0) return figures;
  return figures.filter(({ luid }) => {
    const adapter = adapters.get(luid);
    return adapter !== undefined && adapter.vendorId !== MICROSOFT;
  });
}

function device(
  figures: WindowsGpuFigures,
  adapter: WindowsAdapter | undefined,
  failure: string | null,
): Device {
  // The high half is 0 in practice; the identifier changes from boot to boot, as Windows' own does.
  const id = `gpu:${figures.luid.replace(/^0x0+_/, '')}`;
  const total = adapter?.dedicatedBytes ?? null;
  const { busyPercent, dedicatedUsedBytes } = figures;
  return {
    vendor: VENDORS.get(adapter?.vendorId ?? 0) ?? 'other',
    info: {
      id,
      kind: 'gpu',
      name: adapter?.name || `GPU (adapter ${figures.luid})`,
      source: 'Windows performance counters',
      note: failure ?? NOTE,
    },
    readings: failure
      ? allUnknown(id, failure)
      : {
          id,
          utilization:
            busyPercent === null ? unknown('no program uses this GPU') : known(shareOfPercent(busyPercent)),
          memoryUsedBytes:
            dedicatedUsedBytes === null
              ? unknown('Windows shows no memory of this GPU')
              : known(dedicatedUsedBytes),
          memoryTotalBytes:
            total === null ? unknown('Windows does not show how much memory this GPU has') : known(total),
          powerWatts: unknown("Windows has no counter for a GPU's power"),
          temperatureCelsius: unknown("Windows has no counter for a GPU's temperature"),
        },
  };
}
