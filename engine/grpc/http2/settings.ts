import { CODE, ConnectionError, DEFAULT_MAX_FRAME, DEFAULT_WINDOW, SETTING, WINDOW_LIMIT } from './protocol';

const ENTRY_BYTES = 6;
const MAX_FRAME_LIMIT = 2 ** 24 - 1;

/** What of a client's settings bears on us. */
export class PeerSettings {
  initialWindow = DEFAULT_WINDOW;
  maxFrameBytes = DEFAULT_MAX_FRAME;

  /** Payload of a SETTINGS frame. Throws ConnectionError. Unknown settings are passed over, as they must be. */
  apply(payload: Buffer): void {
    if (payload.byteLength % ENTRY_BYTES !== 0)
      throw new ConnectionError(CODE.frameSizeError, 'the length of SETTINGS is not a multiple of six');
    for (let at = 0; at < payload.byteLength; at += ENTRY_BYTES)
      this.#set(payload.readUInt16BE(at), payload.readUInt32BE(at + 2));
  }

  #set(id: number, value: number): void {
    if (id === SETTING.enablePush) {
      if (value > 1) throw new ConnectionError(CODE.protocolError, 'SETTINGS_ENABLE_PUSH is neither 0 nor 1');
    } else if (id === SETTING.initialWindowSize) {
      if (value > WINDOW_LIMIT)
        throw new ConnectionError(CODE.flowControlError, 'SETTINGS_INITIAL_WINDOW_SIZE is too large');
      this.initialWindow = value;
    } else if (id === SETTING.maxFrameSize) {
      if (value < DEFAULT_MAX_FRAME || value > MAX_FRAME_LIMIT)
        throw new ConnectionError(CODE.protocolError, 'SETTINGS_MAX_FRAME_SIZE is out of its range');
      this.maxFrameBytes = value;
    }
  }
}
