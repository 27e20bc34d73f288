import type { ControlClient } from '../control';
import { loadTestStore } from './load-test';
import { addLogEntries } from './logs';
import { addMarks } from './marks';
import { addSamples } from './metrics';
import { modelsStore } from './models';
import { showMeStore } from './show-me';
import { statusStore } from './status';

/** Starts every subscription on a client; returns what ends them. Called again for each new connection. */
export function subscribeAll(client: ControlClient): () => void {
  const subscriptions = [
    client.status.subscribe(undefined, { onData: (status) => statusStore.setState({ status }) }),
    client.models.subscribe(undefined, { onData: (models) => modelsStore.setState({ models }) }),
    client.showMe.subscribe(undefined, { onData: (status) => showMeStore.setState({ status }) }),
    client.loadTest.subscribe(undefined, { onData: (current) => loadTestStore.setState({ current }) }),
    client.metrics.subscribe(undefined, { onData: addSamples }),
    client.marks.subscribe(undefined, { onData: addMarks }),
    client.logs.subscribe(undefined, { onData: addLogEntries }),
  ];
  return () => {
    for (const subscription of subscriptions) subscription.unsubscribe();
  };
}
