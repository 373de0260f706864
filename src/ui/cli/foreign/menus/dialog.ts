/**
 * Questions and answers, one line each, while messages arrive: over the screen of the prompt at a terminal, over plain
 * lines from a pipe.
 */
import type { Result } from 'neverthrow';
import { escapeForTerminal } from '../../../../index.js';
import { remarkRows } from '../../prompt/layout.js';
import { plainScreen } from '../../prompt/plain.js';
import { TerminalScreen, type Screen } from '../../prompt/screen.js';
import type { RunContext } from '../../run.js';

export class Dialog {
  readonly isTerminal: boolean;
  readonly #screen: Screen;
  readonly #stopped: AbortSignal;
  /** Typed ahead of the questions. */
  readonly #lines: string[] = [];
  #take: ((line: string | null) => void) | null = null;
  #onTaken: () => void = nobody;
  readonly #over = new AbortController();

  constructor({ world, output, stopped }: Pick<RunContext, 'world' | 'output' | 'stopped'>) {
    this.isTerminal = world.stdin.isTTY === true && world.stdout.isTTY === true && !output.isJson;
    this.#stopped = stopped;
    this.#screen = this.isTerminal
      ? new TerminalScreen(world.stdin, world.stdout, (line) => [[], line])
      : plainScreen(world.stdin, output, () => this.#untilTaken());
    this.#screen.onLine((line) => this.#hear(line));
    this.#screen.onEnd(() => this.#end());
  }

  /**
   * The answer to `question`, without blanks around it; `null` when there is none any more (end of input, a signal) or
   * `until` was aborted first.
   */
  async ask(question: string, until?: AbortSignal): Promise<string | null> {
    return (await this.askText(question, until))?.trim() ?? null;
  }

  /**
   * The same for the text of a message, to which its blanks belong; blanks alone are none. An empty question asks
   * nothing: whatever is typed is the answer.
   */
  async askText(question: string, until?: AbortSignal): Promise<string | null> {
    if (!this.isTerminal && question !== '') this.say(question);
    const prompt = question === '' ? '›' : question;
    if (this.isTerminal) this.#screen.setPrompt(`${prompt} `);
    const line = await this.#next(until);
    // The screen takes a typed line away: what was said would be gone.
    if (this.isTerminal && line !== null) {
      this.say(`${prompt} ${escapeForTerminal(line)}`);
      // What is done with the answer may take a while: until then it must not look asked again.
      this.#screen.setPrompt('');
    }
    return line?.trim() === '' ? '' : line;
  }

  /** Asks until `read` takes the answer; what it refuses is told. Nothing typed: `whenEmpty`, as a rule never mind. */
  async askFor<T>(
    question: string,
    read: (answer: string) => Result<T, string>,
    whenEmpty: T | null = null,
  ): Promise<T | null> {
    for (;;) {
      const answer = await this.ask(question);
      if (answer === null) return null;
      if (answer === '') return whenEmpty;
      const value = read(answer);
      if (value.isOk()) return value.value;
      this.say(whenEmpty === null ? `${value.error} (Enter alone: never mind)` : value.error);
    }
  }

  /** Text of ours, or of a peer that was made safe to show. */
  say(...lines: readonly string[]): void {
    for (const line of lines)
      for (const row of line.split('\n')) this.#screen.print(remarkRows(row, this.#screen.columns()));
  }

  /** Nobody answers any more. */
  get isOver(): boolean {
    return this.over.aborted;
  }

  /** Aborted with it. */
  get over(): AbortSignal {
    return AbortSignal.any([this.#over.signal, this.#stopped]);
  }

  close(): void {
    this.#end();
    this.#screen.close();
  }

  #next(until: AbortSignal | undefined): Promise<string | null> {
    const signal = until === undefined ? this.#stopped : AbortSignal.any([this.#stopped, until]);
    const line = signal.aborted ? undefined : this.#lines.shift();
    if (line !== undefined) return Promise.resolve(line);
    this.#onTaken();
    if (signal.aborted || this.#over.signal.aborted) return Promise.resolve(null);
    return new Promise((resolve) => {
      const finish = (answer: string | null): void => {
        signal.removeEventListener('abort', giveUp);
        this.#take = null;
        resolve(answer);
      };
      const giveUp = (): void => finish(null);
      signal.addEventListener('abort', giveUp, { once: true });
      this.#take = finish;
    });
  }

  #hear(line: string): void {
    if (this.#take === null) this.#lines.push(line);
    else this.#take(line);
  }

  #end(): void {
    this.#over.abort();
    this.#take?.(null);
    this.#onTaken();
  }

  /** A pipe is read no faster than questions are asked. */
  #untilTaken(): Promise<void> {
    if (this.#take !== null || this.#over.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onTaken = () => {
        this.#onTaken = nobody;
        resolve();
      };
    });
  }
}

const nobody = (): void => undefined;
