import type { Reading } from '../contract';
import { CgroupReader, type CpuQuota } from './cgroup-reader';
import { CpuSensors } from './cpu-sensors';
import { type CpuTimes, cpuUtilization, parseProcStat, sumCpuTimes } from './cpu-times';
import { type DeviceSource, type SourceContext, STALE_AFTER_PERIODS } from './device-source';
import { readTextOrNull } from './files';
import { type MemoryFigures, parseMemInfo, parseVmStat } from './memory-info';
import { Poller } from './poller';
import { allUnknown, type Device, type DeviceReadings, known, unknown } from './readings';
import { ToolRunner } from './tool-process';

const MEASURING = 'measuring: utilisation is known after the second reading';
const GIB = 1024 ** 3;
/** A program is started for this figure, and memory moves slowly. */
const VM_STAT_PERIOD_US = 2_000_000;
const VM_STAT_LIMIT_MS = 1_000;

/** The processor and the memory: on every machine, always under the id "cpu". */
export class CpuSource implements DeviceSource {
  readonly #poller: Poller;
  readonly #cgroup: CgroupReader;
  readonly #sensors: CpuSensors;
  readonly #tools: ToolRunner;
  readonly #name: string;
  readonly #cores: number;
  #before: { readonly times: CpuTimes; readonly scope: string } | null = null;
  #utilization: Reading = unknown(MEASURING);
  #readings: DeviceReadings = allUnknown('cpu', MEASURING);
  #note: string | null = null;
  #macMemory: { readonly usedBytes: number | null; readonly atUs: number } | null = null;

  constructor(private readonly context: SourceContext) {
    const { clock, periodMs, files, spawn, system, logger } = context;
    const cores = system.cpus();
    this.#cores = Math.max(1, cores.length);
    this.#name = `${cores[0]?.model.trim() || 'CPU'} (${this.#cores} ${this.#cores === 1 ? 'core' : 'cores'})`;
    this.#cgroup = new CgroupReader(files);
    this.#sensors = new CpuSensors(files);
    this.#tools = new ToolRunner(spawn, clock);
    this.#poller = new Poller(
      clock,
      periodMs,
      () => this.#poll(),
      (error) => logger.warn(`Reading the CPU's figures failed: ${String(error)}`),
    );
  }

  async start(): Promise<void> {
    if (this.#onLinux) await Promise.all([this.#cgroup.find(), this.#sensors.find()]);
    await this.#poller.start();
  }

  devices(): readonly Device[] {
    const info = {
      id: 'cpu',
      kind: 'cpu',
      name: this.#name,
      source: 'os',
      note: this.#note,
    } as const;
    return [{ vendor: 'other', info, readings: this.#fresh() }];
  }

  async stop(): Promise<void> {
    await Promise.all([this.#tools.stop(), this.#poller.stop()]);
  }

  get #onLinux(): boolean {
    return this.context.platform === 'linux';
  }

  #fresh(): DeviceReadings {
    const doneUs = this.#poller.lastDoneUs;
    if (doneUs === null) return this.#readings;
    const ageUs = this.context.clock.nowUs() - doneUs;
    if (ageUs <= STALE_AFTER_PERIODS * this.#poller.periodMs * 1000) return this.#readings;
    return allUnknown('cpu', `the system has not answered for ${Math.round(ageUs / 1_000_000)} s`);
  }

  async #poll(): Promise<void> {
    const quota = this.#onLinux ? await this.#cgroup.cpu() : null;
    const binding = quota && quota.cores < this.#cores ? quota : null;
    await this.#measureUtilization(binding);
    const [memory, limit] = await Promise.all([
      this.#machineMemory(),
      this.#onLinux ? this.#cgroup.memory() : null,
    ]);
    const bindingLimit = limit && limit.totalBytes < memory.totalBytes ? limit : null;
    const { usedBytes, totalBytes } = bindingLimit ?? memory;
    this.#note = noteOf(binding, bindingLimit);
    this.#readings = {
      id: 'cpu',
      utilization: this.#utilization,
      memoryUsedBytes: known(usedBytes),
      memoryTotalBytes: known(totalBytes),
      ...(await this.#sensorReadings()),
    };
  }

  async #measureUtilization(quota: CpuQuota | null): Promise<void> {
    const inGroup = quota !== null && quota.usageUs !== null;
    const scope = inGroup ? `group of ${quota.cores} cores` : 'machine';
    const times = inGroup
      ? { busy: quota.usageUs ?? 0, total: this.context.clock.nowUs() * quota.cores }
      : await this.#machineTimes();
    const share = this.#before?.scope === scope ? cpuUtilization(this.#before.times, times) : null;
    // Two readings within one tick of the kernel's say nothing new: the older value stands.
    if (share !== null) this.#utilization = known(share);
    if (share !== null || this.#before?.scope !== scope) this.#before = { times, scope };
  }

  async #machineTimes(): Promise<CpuTimes> {
    // One line of /proc/stat; os.cpus() would open a file per core, each time.
    const stat = this.#onLinux ? await readTextOrNull(this.context.files, '/proc/stat') : null;
    return (stat === null ? null : parseProcStat(stat)) ?? sumCpuTimes(this.context.system.cpus());
  }

  async #machineMemory(): Promise<MemoryFigures> {
    const { system, files, platform } = this.context;
    const memInfo = this.#onLinux ? await readTextOrNull(files, '/proc/meminfo') : null;
    const figures = memInfo === null ? null : parseMemInfo(memInfo);
    if (figures) return figures;
    const totalBytes = system.totalMemoryBytes();
    const usedBytes = platform === 'darwin' ? await this.#macUsedBytes() : null;
    return { totalBytes, usedBytes: usedBytes ?? totalBytes - system.freeMemoryBytes() };
  }

  /** What Node calls free on macOS leaves out all that the file cache holds: the figure would always be near the total. */
  async #macUsedBytes(): Promise<number | null> {
    const nowUs = this.context.clock.nowUs();
    if (this.#macMemory && nowUs - this.#macMemory.atUs < VM_STAT_PERIOD_US) return this.#macMemory.usedBytes;
    const output = await this.#tools.run('/usr/bin/vm_stat', [], VM_STAT_LIMIT_MS).catch(() => '');
    this.#macMemory = { usedBytes: parseVmStat(output), atUs: nowUs };
    return this.#macMemory.usedBytes;
  }

  async #sensorReadings(): Promise<Pick<DeviceReadings, 'temperatureCelsius' | 'powerWatts'>> {
    if (this.#onLinux) {
      const nowUs = this.context.clock.nowUs();
      return {
        temperatureCelsius: await this.#sensors.temperature(),
        powerWatts: await this.#sensors.power(nowUs),
      };
    }
    const system = this.context.platform === 'darwin' ? 'macOS' : 'this operating system';
    return {
      temperatureCelsius: unknown(`${system} shows the CPU's temperature to administrators only`),
      powerWatts: unknown(`${system} shows the CPU's power to administrators only`),
    };
  }
}

function noteOf(quota: CpuQuota | null, limit: MemoryFigures | null): string | null {
  const parts: string[] = [];
  if (quota) {
    const cores = Number(quota.cores.toFixed(2));
    parts.push(
      quota.usageUs === null
        ? `This process may use ${cores} cores (CPU quota); utilisation is that of the whole machine.`
        : `This process may use ${cores} cores (CPU quota); utilisation is of that quota.`,
    );
  }
  if (limit)
    parts.push(`Memory is that of its control group, limited to ${(limit.totalBytes / GIB).toFixed(1)} GiB.`);
  return parts.length > 0 ? parts.join(' ') : null;
}
