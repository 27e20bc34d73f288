import type { LoadSnapshot } from './load-plan';

/** Parent to load worker. The plan itself comes as `workerData`. */
export type ToLoadWorker = { readonly type: 'stop' };

/** Load worker to parent. After `finished` or `failed` nothing follows, and the thread ends. */
export type FromLoadWorker =
  | { readonly type: 'progress'; readonly snapshot: LoadSnapshot }
  | { readonly type: 'finished'; readonly result: LoadSnapshot }
  | { readonly type: 'failed'; readonly code: string; readonly message: string };
