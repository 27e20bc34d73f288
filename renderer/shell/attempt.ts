import { notifications } from '@mantine/notifications';
import { ControlError } from '../control';

/** Does something for the operator and shows the engine's own words when it fails. */
export function attempt(work: () => Promise<unknown>, failure: string): void {
  work().catch((error: unknown) => {
    const message = error instanceof ControlError || error instanceof Error ? error.message : String(error);
    notifications.show({ color: 'red', title: failure, message, autoClose: 10_000 });
  });
}
