/**
 * The output of a command: results on stdout (NDJSON with `--json`, otherwise lines for people), the rest on stderr.
 * Writing waits for a slow reader. A closed stdout ends the command quietly.
 */
import { once } from 'node:events';
import { createColors } from 'picocolors';
import type { NodeEvent } from '../../../index.js';
import type { CliError } from '../errors.js';
import type { CommandLine } from './lines.js';
import { safeJson } from './safe-json.js';
import { lineOf, wordingOf, type ExitCode, type Wording } from './wording.js';
import type { OutputStream, World } from '../world.js';

/** Arguments of the output. */
export interface OutputOptions {
  readonly isJson: boolean;
  readonly isQuiet: boolean;
  readonly isColored: boolean;
  /** Whether terminals get plain lines, and no cursor is moved. */
  readonly isPlain?: boolean;
  /** Aborted by a signal: later failures are its consequence. */
  readonly stopAsked?: AbortSignal;
}

/** An NDJSON line. It is printed with `type` first. */
export type JsonLine = NodeEvent | CommandLine;

/** The output of a command, as text or NDJSON, and its exit codes. */
export class Output {
  readonly isJson: boolean;
  readonly isPlain: boolean;
  readonly colors: ReturnType<typeof createColors>;
  /** Aborted once stdout is closed. */
  readonly closed: AbortSignal;
  readonly #stdout: OutputStream;
  readonly #stderr: OutputStream;
  readonly #isQuiet: boolean;
  readonly #stopAsked: AbortSignal | null;

  constructor(world: Pick<World, 'stdout' | 'stderr'>, options: OutputOptions) {
    const gone = new AbortController();
    this.isJson = options.isJson;
    this.isPlain = options.isPlain === true;
    this.#isQuiet = options.isQuiet;
    this.#stopAsked = options.stopAsked ?? null;
    this.#stdout = world.stdout;
    this.#stderr = world.stderr;
    this.colors = createColors(options.isColored);
    this.closed = gone.signal;
    this.#stdout.on('error', () => gone.abort());
    // Without a listener, the error of a closed stderr would end the program.
    this.#stderr.on('error', () => undefined);
  }

  /** Writes a result: an NDJSON line, or its lines for people. */
  async result(event: JsonLine, lines: string | null): Promise<void> {
    if (this.isJson) await this.#write(`${typeFirst(event)}\n`);
    else if (lines !== null) await this.#write(`${lines}\n`);
  }

  /** Writes several results at once. */
  async results(events: readonly JsonLine[], lines: readonly string[]): Promise<void> {
    const text = this.isJson
      ? events.map((event) => `${typeFirst(event)}\n`)
      : lines.map((line) => `${line}\n`);
    if (text.length > 0) await this.#write(text.join(''));
  }

  /** Writes a remark for people on stderr, unless `--quiet` is given. */
  note(line: string): void {
    if (!this.#isQuiet) this.#stderr.write(`${line}\n`);
  }

  /**
   * Writes the line of a failure and returns its exit code; with `--json` it writes an `error` line on stdout, too.
   * `remedy` replaces the remedy of the code.
   */
  async failure(error: CliError, remedy: string | null = null): Promise<ExitCode> {
    const { exit } = wordingOf(error);
    // After a signal the node answers with failures of its end, of which the user knows the cause.
    const isCutShort = this.#stopAsked?.aborted === true && (exit === 1 || exit === 4);
    const shown: CliError = isCutShort ? { code: 'command/stopped' } : error;
    const wording = remedied(wordingOf(shown), remedy);
    if (this.isJson) await this.result({ type: 'error', code: shown.code, message: lineOf(wording) }, null);
    return this.failureOnStderr(shown, remedy);
  }

  /** Writes the line of a failure that an event on stdout has reported, and returns its exit code. */
  failureOnStderr(error: CliError, remedy: string | null = null): ExitCode {
    const wording = remedied(wordingOf(error), remedy);
    // A reader that closed the pipe ended the command itself, and needs no message.
    const isQuietEnd = error.code === 'command/stopped' && this.closed.aborted;
    if (!isQuietEnd) this.#stderr.write(`${this.colors.red('parlance:')} ${lineOf(wording)}\n`);
    return wording.exit;
  }

  /** Waits until the results so far have left the process. False: the reader is gone, or a write failed. */
  async written(): Promise<boolean> {
    await drained(this.#stdout);
    return !this.closed.aborted;
  }

  /** Waits until all output has left the process. */
  async flush(): Promise<void> {
    await Promise.all([drained(this.#stdout), drained(this.#stderr)]);
  }

  async #write(text: string): Promise<void> {
    if (this.closed.aborted || this.#stdout.write(text)) return;
    await once(this.#stdout, 'drain', { signal: this.closed }).catch(() => undefined);
  }
}

const remedied = (wording: Wording, remedy: string | null): Wording =>
  remedy === null ? wording : { ...wording, remedy };

const typeFirst = ({ type, ...rest }: JsonLine): string => safeJson({ type, ...rest });

const drained = (stream: OutputStream): Promise<void> =>
  new Promise((resolve) => {
    if (stream.destroyed || stream.writableLength === 0) resolve();
    else stream.write('', () => resolve());
  });
