/** Unsent lines by conversation: those that were refused, and those that wait for a conversation. */
import type { Open } from '../layout.js';
import type { Memory } from '../memory.js';
import type { Screen } from '../screen.js';

/** The unsent lines of the prompt. */
export class Drafts {
  readonly #screen: Pick<Screen, 'giveBack' | 'takeBack' | 'unfinished'>;
  /** Under the empty key stand the lines that wait for the next conversation. */
  readonly #lines: Map<string, readonly string[]>;

  constructor(screen: Pick<Screen, 'giveBack' | 'takeBack' | 'unfinished'>, stored: Memory['drafts'] = {}) {
    this.#screen = screen;
    this.#lines = new Map(Object.entries(stored));
  }

  /** A line waits for the next conversation. Returns how many do. */
  wait(line: string): number {
    const waiting = [...this.#of(''), line];
    this.#lines.set('', waiting);
    return waiting.length;
  }

  /** The conversation is left: its unsent lines wait until it is opened again. */
  leave(open: Open | null): void {
    const left = this.#screen.takeBack();
    if (left.length > 0) this.#lines.set(keyOf(open), [...this.#of(keyOf(open)), ...left]);
  }

  /** The conversation is opened: its unsent lines, and those that waited for one, return to the input line. */
  enter(open: Open): void {
    const { giveBack } = this.#screen;
    if (giveBack === null) return;
    const lines = [...this.#of(keyOf(open)), ...this.#of('')];
    this.#lines.delete(keyOf(open));
    this.#lines.delete('');
    for (const line of lines) giveBack(line);
  }

  /** Returns the state that the next run begins with. */
  memory(open: Open | null): Pick<Memory, 'open' | 'drafts'> {
    const key = keyOf(open);
    const unfinished = this.#screen.unfinished();
    const lines = new Map(this.#lines);
    if (unfinished.length > 0) lines.set(key, [...this.#of(key), ...unfinished]);
    return { open: key === '' ? null : key, drafts: Object.fromEntries(lines) };
  }

  #of(key: string): readonly string[] {
    return this.#lines.get(key) ?? [];
  }
}

const keyOf = (open: Open | null): string => open?.row?.id ?? open?.word ?? '';
