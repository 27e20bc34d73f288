import type { EngineStatus } from '../../../engine/contract';

const LOOPBACK = /^(127\.|localhost$|::1$|\[::1\]$)/;

/** True when an address answers on this machine only. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}

/** Who can reach the engine, in plain words. */
export function reachSentence(status: EngineStatus): string {
  const open = [status.http, status.control].filter((door) => door !== null && !isLoopback(door.host));
  if (open.length === 0 && !status.exposed)
    return 'Only programs on this machine can reach the engine. Nothing on the network can.';
  const anyAddress = open.some((door) => door?.host === '0.0.0.0' || door?.host === '::');
  const where = anyAddress
    ? 'on every network this machine is part of'
    : `that can reach ${open.map((door) => door?.host).join(' and ')}`;
  return `Any machine ${where} can send requests to the models. The console still asks for its token; the models do not. Expose the engine only on networks you trust.`;
}
