/**
 * The dialog of a menu: questions and answers, one line each, while messages arrive. A terminal has the screen of the
 * prompt, a pipe has plain lines.
 */
import { catalogue } from '../../../text/catalogue.js';
import type { Result } from 'neverthrow';
import { escapeForTerminal } from '../../../../index.js';
import { plainScreen } from '../../prompt/plain.js';
import { TerminalScreen, type Screen } from '../../prompt/screen.js';
import type { RunContext } from '../../run.js';

/** Questions to the user and their answers, on a terminal or over a pipe. */
export class Dialog {
  readonly isTerminal: boolean;
  readonly #screen: Screen;
  readonly #stopped: AbortSignal;
  /** Lines typed ahead of their questions. */
  readonly #lines: string[] = [];
  #take: ((line: string | null) => void) | null = null;
  #onTaken: () => void = ignore;
  readonly #over = new AbortController();

  constructor({ world, output, stopped }: Pick<RunContext, 'world' | 'output' | 'stopped'>) {
    this.isTerminal =
      world.stdin.isTTY === true && world.stdout.isTTY === true && !output.isJson && !output.isPlain;
    this.#stopped = stopped;
    this.#screen = this.isTerminal
      ? new TerminalScreen({
          input: world.stdin,
          output: world.stdout,
          complete: (line) => [[], line],
          pastes: 'typed',
        })
      : plainScreen(world.stdin, output, () => this.#untilTaken());
    this.#screen.onLine(({ text }) => this.#receive(text));
    this.#screen.onEnd(() => this.#end());
  }

  /**
   * Asks and returns the answer without blanks around it; `null` at the end of input, after a signal, and when `until`
   * is aborted before.
   */
  async ask(question: string, until?: AbortSignal): Promise<string | null> {
    return (await this.askText(question, until))?.trim() ?? null;
  }

  /**
   * Asks for the text of a message and returns it with its blanks; blanks alone are an empty text. An empty question
   * prints nothing.
   */
  async askText(question: string, until?: AbortSignal): Promise<string | null> {
    if (!this.isTerminal && question !== '') this.say(question);
    const prompt = question === '' ? '›' : question;
    if (this.isTerminal) this.#screen.setPrompt(`${prompt} `);
    const line = await this.#next(until);
    // The screen removes a typed line, so the answer is printed again.
    if (this.isTerminal && line !== null) {
      this.say(`${prompt} ${escapeForTerminal(line)}`);
      // The prompt is cleared, since carrying out the answer may take a while.
      this.#screen.setPrompt('');
    }
    return line?.trim() === '' ? '' : line;
  }

  /** Asks until `read` accepts the answer, and prints its refusals. An empty answer returns `whenEmpty`. */
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
      this.say(whenEmpty === null ? catalogue().menus.enterCancels(value.error) : value.error);
    }
  }

  /** Prints lines, which may have colours and in which text of peers is escaped. The screen breaks what does not fit. */
  say(...lines: readonly string[]): void {
    for (const line of lines) this.#screen.print(line.split('\n'));
  }

  /** Whether the input has ended or a signal came. */
  get isOver(): boolean {
    return this.over.aborted;
  }

  /** Aborted at the end of input and by a signal. */
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
        signal.removeEventListener('abort', stop);
        this.#take = null;
        resolve(answer);
      };
      const stop = (): void => finish(null);
      signal.addEventListener('abort', stop, { once: true });
      this.#take = finish;
    });
  }

  #receive(line: string): void {
    if (this.#take === null) this.#lines.push(line);
    else this.#take(line);
  }

  #end(): void {
    this.#over.abort();
    this.#take?.(null);
    this.#onTaken();
  }

  /** Waits for the next question, so that a pipe is read at the pace of the questions. */
  #untilTaken(): Promise<void> {
    if (this.#take !== null || this.#over.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onTaken = () => {
        this.#onTaken = ignore;
        resolve();
      };
    });
  }
}

const ignore = (): void => undefined;
