/** Time in which instances were executing, per device: the engine's own figure, whatever the driver says. Cumulative, microseconds. */
export class DeviceBusy {
  readonly #busyUs = new Map<string, number>();

  add(deviceId: string, busyUs: number): void {
    this.#busyUs.set(deviceId, (this.#busyUs.get(deviceId) ?? 0) + busyUs);
  }

  of(deviceId: string): number {
    return this.#busyUs.get(deviceId) ?? 0;
  }
}
