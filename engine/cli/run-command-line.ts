import { toEngineError } from '../base';
import { CliError, EXIT } from './cli-error';
import type { CommandContext } from './command';
import { commandTable } from './commands';
import { EngineLink } from './engine-link';
import { helpText } from './help';
import { jsonText } from './json-text';
import { parseCommandLine } from './parse-command-line';
import { createTerminal, type Terminal } from './terminal';

/** Status of a process that a Ctrl-C ended. */
const INTERRUPTED = 130;

/**
 * Runs the command that `argv` names and resolves with the exit code of the process.
 *
 * @param argv words after the program's name; none, or an option first, is `serve`
 * @param serve starts an engine in this process; it is given the words after "serve"
 */
export async function runCommandLine(
  argv: readonly string[],
  serve: (words: readonly string[]) => Promise<void>,
): Promise<number> {
  const { stdout, stderr, env } = process;
  const terminal = createTerminal({ stdout, stderr, env });
  const words = meant(argv);
  if (words[0] === 'serve') {
    await serve(words.slice(1));
    return EXIT.ok;
  }
  const json = words.includes('--json');
  try {
    return await runWords(words, terminal, json);
  } catch (error) {
    return reportError(error, terminal, json);
  }
}

function meant(argv: readonly string[]): readonly string[] {
  const [first = 'serve'] = argv;
  if (first === '--version' || first === '-v') return ['version', ...argv.slice(1)];
  const isCommand = !first.startsWith('-') || first === '--help' || first === '-h';
  return isCommand && argv.length > 0 ? argv : ['serve', ...argv];
}

async function runWords(words: readonly string[], terminal: Terminal, json: boolean): Promise<number> {
  const commands = commandTable();
  const parsed = parseCommandLine(words, commands);
  if (parsed.kind === 'help') {
    terminal.print(helpText(parsed.of, commands));
    return EXIT.ok;
  }
  const { command, values, positionals } = parsed;
  const engine = new EngineLink(
    {
      url: values.text('url'),
      dataDir: values.text('data-dir'),
      controlUrl: values.text('control-url'),
      env: process.env,
      cwd: process.cwd(),
    },
    terminal,
  );
  const context: CommandContext = {
    values,
    positionals,
    terminal,
    engine,
    cwd: process.cwd(),
    env: process.env,
    show: (value, text) => terminal.print(json ? jsonText(value, terminal.isLive ? 2 : undefined) : text()),
    interrupted: takeInterrupts,
  };
  try {
    return await command.run(context);
  } finally {
    await engine.close();
  }
}

function takeInterrupts(): AbortSignal {
  const controller = new AbortController();
  process.on('SIGINT', () => {
    if (controller.signal.aborted) process.exit(INTERRUPTED);
    controller.abort();
  });
  return controller.signal;
}

function reportError(error: unknown, terminal: Terminal, json: boolean): number {
  const code = error instanceof CliError ? error.exitCode : EXIT.failed;
  // Checks that client and engine share throw EngineErrors; anything else is a fault of ours and keeps its words.
  const message = error instanceof CliError ? error.message : toEngineError(error).message;
  terminal.note(`ferry: ${message}`);
  if (json) terminal.print(jsonText({ error: message, exitCode: code }));
  return code;
}
