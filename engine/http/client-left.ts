import type { ServerResponse } from 'node:http';
import type { CancelSignal } from '../inference';

/** Tells the queue when the client of a request has closed its connection: nobody would read the answer. */
export class ClientLeft implements CancelSignal {
  cancelled = false;
  onCancel: (() => void) | null = null;

  constructor(response: ServerResponse) {
    response.once('close', () => {
      if (response.writableFinished) return;
      this.cancelled = true;
      this.onCancel?.();
    });
  }
}
