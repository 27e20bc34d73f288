import type { ErrorCode } from '../../../contract';
import { ModelStats, type VersionStats } from '../../../metrics';

/** Counts ends where the scheduler tells them, before a promise could hide that there were two. */
export class EndCounter extends ModelStats {
  ended = 0;

  /** Of a request that no version took. */
  override recordFailure(code: ErrorCode): void {
    this.ended++;
    super.recordFailure(code);
  }

  override beginVersion(version: string): VersionStats {
    const stats = super.beginVersion(version);
    const { recordRequest, recordFailure } = stats;
    stats.recordRequest = (spans) => {
      this.ended++;
      recordRequest.call(stats, spans);
    };
    stats.recordFailure = (code, waitedUs) => {
      this.ended++;
      recordFailure.call(stats, code, waitedUs);
    };
    return stats;
  }
}
