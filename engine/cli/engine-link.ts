import { CliError, EXIT } from './cli-error';
import type { ControlLink } from './control-link';
import { type EngineAddress, type EngineSearch, findEngine } from './find-engine';
import type { Terminal } from './terminal';
import { V2Client } from './v2-client';

/** The engine that a command talks to: looked for when it is first needed. */
export class EngineLink {
  readonly #search: EngineSearch;
  readonly #terminal: Terminal;
  #address: Promise<EngineAddress> | null = null;
  #control: Promise<ControlLink | null> | null = null;

  constructor(search: EngineSearch, terminal: Terminal) {
    this.#search = search;
    this.#terminal = terminal;
  }

  address(): Promise<EngineAddress> {
    this.#address ??= findEngine(this.#search).then((address) => {
      if (address.note !== null) this.#terminal.note(address.note);
      return address;
    });
    return this.#address;
  }

  /** Its inference door. Nothing has been asked yet. */
  async inference(): Promise<V2Client> {
    return new V2Client((await this.address()).url);
  }

  /** Its control plane; null when that is not known, or does not answer any more. */
  control(): Promise<ControlLink | null> {
    this.#control ??= this.#open();
    return this.#control;
  }

  /** For what only the control plane can do. */
  async neededControl(what: string): Promise<ControlLink> {
    const link = await this.control();
    if (link) return link;
    const { url } = await this.address();
    // Says that nothing answers at all, where that is so.
    await new V2Client(url).health();
    throw new CliError(
      EXIT.failed,
      `${what} needs the control plane, and none is known for ${url}: run this as the user who started the engine (with its --data-dir), or give --control-url and FERRY_CONTROL_TOKEN`,
    );
  }

  async close(): Promise<void> {
    await (await this.#control?.catch(() => null))?.close();
  }

  async #open(): Promise<ControlLink | null> {
    const { control } = await this.address();
    if (!control) return null;
    const { openControl } = await import('./control-link');
    return openControl(control).catch((error: unknown) => {
      // The engine of a run file may have been killed; whether one answers is for the inference door to say.
      if (error instanceof CliError && error.exitCode === EXIT.unreachable) return null;
      throw error;
    });
  }
}
