import { parentPort } from 'node:worker_threads';
import { systemClock, toEngineError, workerDataOf } from '../../base';
import type { LoadPlan } from '../load-plan';
import { startLoadSession } from '../load-session';
import type { FromLoadWorker, ToLoadWorker } from '../messages';

/** Entry of the load generator's thread: runs the one plan it was started with, and ends. */
const port = parentPort;
if (!port) throw new Error('load-worker runs as a worker thread only');

const clock = systemClock();
const post = (message: FromLoadWorker) => port.postMessage(message);

const end = async (last: FromLoadWorker) => {
  post(last);
  await clock.close();
  port.close();
};

const failed = (thrown: unknown) => {
  const error = toEngineError(thrown);
  return end({ type: 'failed', code: error.code, message: error.message });
};

try {
  const session = startLoadSession(workerDataOf<LoadPlan>(), clock, (snapshot) =>
    post({ type: 'progress', snapshot }),
  );
  port.on('message', (message: ToLoadWorker) => {
    switch (message.type) {
      case 'stop':
        return session.stop();
      default:
        message.type satisfies never;
    }
  });
  session.finished.then((result) => end({ type: 'finished', result }), failed);
} catch (thrown) {
  void failed(thrown);
}
