/** Watts out of an energy counter (microjoules) that is read again and again and may wrap around. */
export class EnergyMeter {
  #before: { readonly microjoules: number; readonly atUs: number } | null = null;

  /** @param rangeMicrojoules where the counter wraps around; null when that is not known */
  constructor(private readonly rangeMicrojoules: number | null = null) {}

  /** Mean power since the last call; null at the first call and when it cannot be told. */
  watts(microjoules: number, atUs: number): number | null {
    const before = this.#before;
    this.#before = { microjoules, atUs };
    if (!before || atUs <= before.atUs) return null;
    let used = microjoules - before.microjoules;
    if (used < 0) used += this.rangeMicrojoules ?? Number.NaN;
    return used >= 0 ? used / (atUs - before.atUs) : null;
  }
}
