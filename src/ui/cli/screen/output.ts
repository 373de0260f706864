/**
 * What a command writes: results on stdout (NDJSON with `--json`, else lines for people), everything else on stderr.
 * Writing waits for a slow reader; a reader that is gone ends the command quietly.
 */
import { once } from 'node:events';
import { createColors } from 'picocolors';
import type { NodeEvent, ParlanceError } from '../../../index.js';
import type { CommandLine } from './lines.js';
import { lineOf, wordingOf, type ExitCode, type Wording } from './wording.js';
import type { OutputStream, World } from '../world.js';

export interface OutputOptions {
  readonly isJson: boolean;
  readonly isQuiet: boolean;
  readonly isColored: boolean;
  /** Aborted when the user asked to end: what fails after that fails because of it. */
  readonly stopAsked?: AbortSignal;
}

/** An NDJSON line. `type` comes first whatever the order of the fields. */
export type JsonLine = NodeEvent | CommandLine;

export class Output {
  readonly isJson: boolean;
  readonly colors: ReturnType<typeof createColors>;
  /** Aborted once nobody reads stdout any more. */
  readonly closed: AbortSignal;
  readonly #stdout: OutputStream;
  readonly #stderr: OutputStream;
  readonly #isQuiet: boolean;
  readonly #stopAsked: AbortSignal | null;

  constructor(world: Pick<World, 'stdout' | 'stderr'>, options: OutputOptions) {
    const gone = new AbortController();
    this.isJson = options.isJson;
    this.#isQuiet = options.isQuiet;
    this.#stopAsked = options.stopAsked ?? null;
    this.#stdout = world.stdout;
    this.#stderr = world.stderr;
    this.colors = createColors(options.isColored);
    this.closed = gone.signal;
    this.#stdout.on('error', () => gone.abort());
    // Nobody to tell when stderr is gone; without a listener it would end the program.
    this.#stderr.on('error', () => undefined);
  }

  /** A result: an NDJSON line, or the lines for people that stand for it. */
  async result(event: JsonLine, lines: string | null): Promise<void> {
    if (this.isJson) await this.#write(`${typeFirst(event)}\n`);
    else if (lines !== null) await this.#write(`${lines}\n`);
  }

  /** Several results in one write. */
  async results(events: readonly JsonLine[], lines: readonly string[]): Promise<void> {
    const text = this.isJson
      ? events.map((event) => `${typeFirst(event)}\n`)
      : lines.map((line) => `${line}\n`);
    if (text.length > 0) await this.#write(text.join(''));
  }

  /** A remark for people; never on stdout with `--json`, nowhere with `--quiet`. */
  note(line: string): void {
    if (!this.#isQuiet) this.#stderr.write(`${line}\n`);
  }

  /**
   * The one line of a failure, and its exit code. With `--json` also an `error` line on stdout. `remedy`: what to do,
   * where the command knows better than the words of the code.
   */
  async failure(error: ParlanceError, remedy: string | null = null): Promise<ExitCode> {
    const { exit } = wordingOf(error);
    // A node that closes answers with faults of its own; they say nothing that the user does not know.
    const isCutShort = this.#stopAsked?.aborted === true && (exit === 1 || exit === 4);
    const told: ParlanceError = isCutShort ? { code: 'command/stopped' } : error;
    const wording = remedied(wordingOf(told), remedy);
    if (this.isJson) await this.result({ type: 'error', code: told.code, message: lineOf(wording) }, null);
    return this.failureTold(told, remedy);
  }

  /** The same for a failure that an event on stdout has told already. */
  failureTold(error: ParlanceError, remedy: string | null = null): ExitCode {
    const wording = remedied(wordingOf(error), remedy);
    // Whoever closed the pipe ended the command, and is not to be told so.
    const isQuietEnd = error.code === 'command/stopped' && this.closed.aborted;
    if (!isQuietEnd) this.#stderr.write(`${this.colors.red('parlance:')} ${lineOf(wording)}\n`);
    return wording.exit;
  }

  /** Settles when all that was written has left the process. */
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

const typeFirst = ({ type, ...rest }: JsonLine): string => JSON.stringify({ type, ...rest });

const drained = (stream: OutputStream): Promise<void> =>
  new Promise((resolve) => {
    if (stream.destroyed || stream.writableLength === 0) resolve();
    else stream.write('', () => resolve());
  });
