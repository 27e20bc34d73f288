import type { WarmingInstance } from '../instances';

/** The largest batch that every instance has run before it took requests: what memory measured after a load contains. */
export class WarmedRows {
  #most: number | null = null;

  /** @param stacks the first dimension counts rows; otherwise each run is one */
  constructor(private readonly stacks: boolean) {}

  /** Of the instance that ran least; 0 when one ran nothing. */
  get rows(): number {
    return this.#most ?? 0;
  }

  /** Watches what `warmUp` runs on an instance. Ends as it does. */
  async during(
    instance: WarmingInstance,
    warmUp: (watched: WarmingInstance) => Promise<void>,
  ): Promise<void> {
    let most = 0;
    await warmUp({
      name: instance.name,
      provider: instance.provider,
      run: async (inputs, outputNames) => {
        // Running takes the buffers away, not the shapes; a run that failed may have taken no memory.
        const output = await instance.run(inputs, outputNames);
        most = Math.max(most, this.stacks ? (inputs[0]?.shape[0] ?? 1) : 1);
        return output;
      },
    });
    this.#most = Math.min(this.#most ?? most, most);
  }
}
