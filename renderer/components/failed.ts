import { notifications } from '@mantine/notifications';

/** Shows why an action failed, in the engine's own words. */
export const failed = (title: string) => (error: unknown) => {
  notifications.show({
    color: 'red',
    title,
    message: error instanceof Error ? error.message : String(error),
    autoClose: 10_000,
  });
};
