/**
 * What a command writes: results on stdout (NDJSON with `--json`, else lines for people), everything else on stderr.
 * Writing waits for a slow reader; a reader that is gone ends the command quietly.
 */
import { once } from 'node:events';
import { createColors } from 'picocolors';
import type { NodeEvent, ParlanceError } from '../../index.js';
import { lineOf, wordingOf, type ExitCode } from './wording.js';
import type { OutputStream, World } from './world.js';

export interface OutputOptions {
  readonly isJson: boolean;
  readonly isQuiet: boolean;
  readonly isColored: boolean;
}

/** An NDJSON line. `type` comes first whatever the order of the fields. */
export type JsonLine = NodeEvent | ({ readonly type: string } & Readonly<Record<string, unknown>>);

export class Output {
  readonly isJson: boolean;
  readonly colors: ReturnType<typeof createColors>;
  /** Aborted once nobody reads stdout any more. */
  readonly closed: AbortSignal;
  readonly #stdout: OutputStream;
  readonly #stderr: OutputStream;
  readonly #isQuiet: boolean;

  constructor(world: Pick<World, 'stdout' | 'stderr'>, options: OutputOptions) {
    const gone = new AbortController();
    this.isJson = options.isJson;
    this.#isQuiet = options.isQuiet;
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

  /** The one line of a failure, and its exit code. With `--json` also an `error` line on stdout. */
  async failure(error: ParlanceError): Promise<ExitCode> {
    const wording = wordingOf(error);
    const line = lineOf(wording);
    this.#stderr.write(`${this.colors.red('parlance:')} ${line}\n`);
    if (this.isJson) await this.result({ type: 'error', code: error.code, message: line }, null);
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

const typeFirst = ({ type, ...rest }: JsonLine): string => JSON.stringify({ type, ...rest });

const drained = (stream: OutputStream): Promise<void> =>
  new Promise((resolve) => {
    if (stream.destroyed || stream.writableLength === 0) resolve();
    else stream.write('', () => resolve());
  });
