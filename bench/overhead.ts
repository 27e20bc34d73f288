import { type Benchmark, median, percentile, printTable, round } from './benchmark';
import { demoRequest, serveDemo } from './demo-mlp';

const BAR_US = 50;
const REQUESTS = 6_000;
const WARM_UP = 500;

/**
 * What the engine adds to a request in process, when one is sent at a time: everything between `infer` and its answer, less the
 * session's own run inside the thread. Parts: queue and plan (arrival to dispatch), hop (message to the thread and back,
 * stacking and splitting), tensors (bytes to backend tensors and back).
 */
export const overhead: Benchmark = {
  name: 'overhead',
  describes:
    'time the engine adds to a request, median microseconds, one request at a time in process (demo MLP, bare run subtracted)',
  async run(print) {
    const served = await serveDemo({ maxBatchSize: 16 });
    const parts = {
      total: [] as number[],
      queue: [] as number[],
      tensors: [] as number[],
      hop: [] as number[],
      run: [] as number[],
    };
    for (let i = 0; i < WARM_UP + REQUESTS; i++) {
      const request = demoRequest(i);
      const began = performance.now();
      const { spans } = await served.infer(request);
      const wholeUs = (performance.now() - began) * 1000;
      if (i < WARM_UP) continue;
      const tensors = spans.computeInputUs + spans.computeOutputUs;
      parts.total.push(wholeUs - spans.computeInferUs);
      parts.run.push(spans.computeInferUs);
      parts.queue.push(spans.queueUs);
      parts.tensors.push(tensors);
      parts.hop.push(wholeUs - spans.computeInferUs - spans.queueUs - tensors);
    }
    await served.retire(1e6);
    const rows = Object.entries(parts).map(([part, us]) => ({
      part,
      'p50 us': round(median(us), 1),
      'p90 us': round(percentile(us, 0.9), 1),
      'p99 us': round(percentile(us, 0.99), 1),
    }));
    printTable(print, rows);
    const value = round(median(parts.total), 1);
    const detail = Object.fromEntries(
      Object.entries(parts).map(([part, us]) => [`${part}Us`, round(median(us), 1)]),
    );
    return { value, bar: BAR_US, holds: value <= BAR_US, detail };
  },
};
