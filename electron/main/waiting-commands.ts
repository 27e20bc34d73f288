import type { DesktopCommand } from '../bridge';

/** More than these were never meant to wait for a page that does not come. */
const LIMIT = 32;

/** Holds commands (a file opened from the desktop, say) until a page listens, then passes them on in order. */
export class WaitingCommands {
  readonly #send: (command: DesktopCommand) => void;
  #isHeard = false;
  #waiting: DesktopCommand[] = [];

  constructor(send: (command: DesktopCommand) => void) {
    this.#send = send;
  }

  give(command: DesktopCommand): void {
    if (this.#isHeard) this.#send(command);
    else this.#waiting = [...this.#waiting, command].slice(-LIMIT);
  }

  /** A page listens now. */
  open(): void {
    this.#isHeard = true;
    for (const command of this.#waiting.splice(0)) this.#send(command);
  }

  /** The page is gone or is loading anew. */
  close(): void {
    this.#isHeard = false;
  }
}
