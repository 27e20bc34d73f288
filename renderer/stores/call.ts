import { type ControlClient, toControlError } from '../control';
import { controlClient } from './connection';

/** Makes one control call; every failure comes out as a ControlError. */
export async function call<T>(make: (client: ControlClient) => Promise<T>): Promise<T> {
  try {
    return await make(controlClient());
  } catch (error) {
    throw toControlError(error);
  }
}
