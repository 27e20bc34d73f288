/** An adapter's record in the registry (HKLM\SOFTWARE\Microsoft\DirectX). */
export interface WindowsAdapter {
  /** Locally unique identifier, as "0x00000000_0x0001532a": the counters name adapters by it. */
  readonly luid: string;
  readonly vendorId: number;
  readonly dedicatedBytes: number | null;
  readonly name: string;
}

/** One value of a performance counter. */
export interface WindowsCounter {
  readonly luid: string;
  /** Which of the adapter's engines; null for a memory counter. */
  readonly engine: string | null;
  /** Percent for an engine, bytes for memory. */
  readonly value: number;
}

export type WindowsLine =
  | { readonly kind: 'adapter'; readonly adapter: WindowsAdapter }
  | { readonly kind: 'counter'; readonly counter: WindowsCounter }
  | { readonly kind: 'error'; readonly message: string }
  /** A round is complete. */
  | { readonly kind: 'end' };

/**
 * The script that runs in one long-lived PowerShell. Each round asks anew, because counters are named by process: a
 * program that begins to use the GPU later would be missing from a query made once (as typeperf makes it).
 * Get-Counter waits a second between the two readings of a rate, which is the round's pace.
 * Numbers are written in the invariant culture: many languages write "3,05".
 */
export const WINDOWS_SCRIPT = [
  "$ErrorActionPreference='Stop'",
  '[Console]::OutputEncoding=[Text.Encoding]::UTF8',
  '$ci=[Globalization.CultureInfo]::InvariantCulture',
  'function out($t){[Console]::Out.WriteLine($t)}',
  'while($true){' +
    "foreach($k in @(Get-ChildItem 'HKLM:\\SOFTWARE\\Microsoft\\DirectX' -ErrorAction SilentlyContinue)){" +
    '$p=Get-ItemProperty $k.PSPath;' +
    "if($p.AdapterLuid){out ('adapter,{0},{1},{2},{3}' -f $p.AdapterLuid,$p.VendorId,$p.DedicatedVideoMemory,$p.Description)}};" +
    "$e=@();$r=Get-Counter -Counter '\\GPU Engine(*)\\Utilization Percentage','\\GPU Adapter Memory(*)\\Dedicated Usage'" +
    ' -ErrorAction SilentlyContinue -ErrorVariable e;' +
    'if($r){foreach($s in $r.CounterSamples){' +
    "if($s.Status -eq 0){out ('counter,{0},{1}' -f $s.Path,$s.CookedValue.ToString($ci))}}}" +
    "else{out ('error,{0}' -f ($e | Select-Object -First 1));Start-Sleep -Seconds 5};" +
    "out 'end'}",
].join(';');

/** Reads one line of the script's output; null for anything else. */
export function parseWindowsLine(line: string): WindowsLine | null {
  const [kind, ...cells] = line.trim().split(',');
  switch (kind) {
    case 'adapter':
      return parseAdapter(cells);
    case 'counter':
      return parseCounter(cells);
    case 'error':
      return { kind: 'error', message: cells.join(',') };
    case 'end':
      return { kind: 'end' };
    default:
      return null;
  }
}

/** "adapter,86826,4098,536870912,AMD Radeon(TM) 8060S Graphics"; the name comes last because it may hold a comma. */
function parseAdapter([luid = '', vendorId, dedicated, ...name]: string[]): WindowsLine | null {
  if (!/^-?\d+$/.test(luid)) return null;
  const bytes = Number(dedicated || Number.NaN);
  return {
    kind: 'adapter',
    adapter: {
      luid: luidText(BigInt(luid)),
      vendorId: Number(vendorId),
      dedicatedBytes: Number.isFinite(bytes) ? bytes : null,
      name: name.join(',').trim(),
    },
  };
}

/** The registry's 64-bit number as counters write it: high and low half, hexadecimal. */
function luidText(luid: bigint): string {
  const half = (value: bigint) => `0x${BigInt.asUintN(32, value).toString(16).padStart(8, '0')}`;
  return `${half(luid >> 32n)}_${half(luid)}`;
}

const ENGINE = /\\gpu engine\(pid_\d+_luid_(0x[0-9a-f]+_0x[0-9a-f]+)_(phys_\d+_eng_\d+)_engtype_[^)]*\)\\/;
const MEMORY = /\\gpu adapter memory\(luid_(0x[0-9a-f]+_0x[0-9a-f]+)_phys_\d+\)\\/;

function parseCounter(cells: string[]): WindowsLine | null {
  const value = Number(cells.at(-1) || Number.NaN);
  const path = cells.slice(0, -1).join(',').toLowerCase();
  if (!Number.isFinite(value)) return null;
  const engine = ENGINE.exec(path);
  if (engine) return { kind: 'counter', counter: { luid: engine[1] ?? '', engine: engine[2] ?? '', value } };
  const memory = MEMORY.exec(path);
  return memory ? { kind: 'counter', counter: { luid: memory[1] ?? '', engine: null, value } } : null;
}

export interface WindowsGpuFigures {
  readonly luid: string;
  /** Percent; null when no counter of an engine was there. */
  readonly busyPercent: number | null;
  readonly dedicatedUsedBytes: number | null;
}

/**
 * One round's counters per adapter. An engine's use is the sum over processes, the adapter's is that of its busiest
 * engine: as the Task Manager counts (https://devblogs.microsoft.com/directx/gpus-in-the-task-manager/).
 */
export function sumWindowsRound(counters: readonly WindowsCounter[]): WindowsGpuFigures[] {
  const engines = new Map<string, Map<string, number>>();
  const memory = new Map<string, number>();
  for (const { luid, engine, value } of counters) {
    if (engine === null) {
      memory.set(luid, (memory.get(luid) ?? 0) + value);
      continue;
    }
    const ofAdapter = engines.get(luid) ?? new Map<string, number>();
    ofAdapter.set(engine, (ofAdapter.get(engine) ?? 0) + value);
    engines.set(luid, ofAdapter);
  }
  return [...new Set([...memory.keys(), ...engines.keys()])].sort().map((luid) => {
    const ofAdapter = engines.get(luid);
    return {
      luid,
      busyPercent: ofAdapter ? Math.max(...ofAdapter.values()) : null,
      dedicatedUsedBytes: memory.get(luid) ?? null,
    };
  });
}
