import { runGrpcFuzz } from './grpc-fuzz';

/**
 * Malformed gRPC connections for as long as it is told to; prints how they ended as one line of JSON:
 *
 *   npm run -s fuzz:grpc -- 1000000 1
 *
 * The numbers are inputs and seed.
 */
const [inputs = '100000', seed = '1'] = process.argv.slice(2);
const report = await runGrpcFuzz({ inputs: Number(inputs), seed: Number(seed) });
console.log(JSON.stringify({ seed: Number(seed), ...report }));
