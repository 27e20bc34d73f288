import { InferenceSession, type Tensor as OrtTensor } from 'onnxruntime-node';
import { EngineError } from '../base';
import { DEFAULT_SESSION_TUNING } from '../config';
import type { ExecutionProvider } from '../contract';
import type { SessionSpec } from '../inference';
import type { NamedTensor } from '../tensor';
import { fromOrtTensor, toOrtTensor } from './onnx-tensor';
import type { Session, SessionOutput } from './session';

type OnnxSpec = Extract<SessionSpec, { backend: 'onnxruntime' }>;

const nowUs = () => performance.now() * 1000;

/** Makes an ONNX Runtime session with the first execution provider that takes the model. Throws MODEL_INVALID when none does. */
export async function createOnnxSession(spec: OnnxSpec): Promise<Session> {
  const notes: string[] = [];
  for (const provider of spec.executionProviders) {
    try {
      const session = await InferenceSession.create(spec.modelPath, sessionOptions(provider, spec));
      return new OnnxSession(session, provider, notes);
    } catch (error) {
      notes.push(`${provider}: ${readableMessage(error)}`);
    }
  }
  throw new EngineError('MODEL_INVALID', `ONNX Runtime does not load the model: ${notes.join('; ')}`);
}

function sessionOptions(
  provider: ExecutionProvider,
  { intraOpThreads, tuning = DEFAULT_SESSION_TUNING }: OnnxSpec,
): InferenceSession.SessionOptions {
  return {
    executionProviders: [provider],
    intraOpNumThreads: intraOpThreads,
    interOpNumThreads: tuning.interOpThreads,
    executionMode: tuning.executionMode,
    graphOptimizationLevel: tuning.graphOptimization,
    enableCpuMemArena: tuning.memoryArena,
    enableMemPattern: tuning.memoryPattern,
    logSeverityLevel: 3,
    // Idle pool threads would spin for work and take the core that the doors run on.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  };
}

/**
 * ONNX Runtime's messages carry source files, signatures and colour codes of its build. What a person needs is the last
 * sentence of the first line, without the machine's paths.
 */
export function readableMessage(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const line = text.split('\n')[0] ?? text;
  const withoutSource = line.replace(
    /^\S*\/onnxruntime\S*:\d+ .*?(?: was false\.? |\] : \d+ : [A-Z_]+ : |\) )/,
    '',
  );
  return (withoutSource.trim() || line).slice(0, 500);
}

class OnnxSession implements Session {
  readonly #session: InferenceSession;

  constructor(
    session: InferenceSession,
    readonly provider: string,
    readonly providerNotes: readonly string[],
  ) {
    this.#session = session;
  }

  async run(inputs: readonly NamedTensor[], outputNames: readonly string[] | null): Promise<SessionOutput> {
    const beganUs = nowUs();
    const feeds: Record<string, OrtTensor> = {};
    for (const input of inputs) feeds[input.name] = toOrtTensor(input);
    const readyUs = nowUs();
    const results =
      outputNames === null ? await this.#session.run(feeds) : await this.#session.run(feeds, outputNames);
    const ranUs = nowUs();
    const outputs = Object.entries(results).map(([name, tensor]) => fromOrtTensor(name, tensor));
    return {
      outputs,
      computeInputUs: readyUs - beganUs,
      computeInferUs: ranUs - readyUs,
      computeOutputUs: nowUs() - ranUs,
    };
  }

  close(): Promise<void> {
    return this.#session.release();
  }
}
