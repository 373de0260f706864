/** The names of messages on a link: each is sent to the receiver once, then its index stands for it. */
import { nameShift, type EnvelopeCode } from './envelope.js';

/** The same at each delivery by one life of the sender. */
export const envelopeId = (link: { readonly id: number; readonly epoch: number }, seq: number): string =>
  `${link.id}.${link.epoch}.${seq}`;

const openedMark = '\0';
/** Senders that an actor opened by an address stand among those of its links under a name that no link has. */
export const openedName = (to: string): string => `${openedMark}${to}`;
/** Whether the name is that of an opened link. */
export const isOpened = (name: string): boolean => name.startsWith(openedMark);

/** The names of one link with their indexes. */
export class NameTable {
  readonly #codes = new Map<string, number>();
  readonly #names: string[] = [];
  #told = 0;

  get all(): readonly string[] {
    return this.#names;
  }

  codeOf(name: string): EnvelopeCode {
    let index = this.#codes.get(name);
    if (index === undefined) {
      index = this.#names.push(name) - 1;
      this.#codes.set(name, index);
    }
    return index << nameShift;
  }

  nameOf(code: EnvelopeCode): string {
    return this.#names[code >> nameShift] ?? '';
  }

  /** Null when the receiver knows them all. */
  untold(): readonly string[] | null {
    return this.#told < this.#names.length ? this.#names.slice(this.#told) : null;
  }

  areTold(): void {
    this.#told = this.#names.length;
  }

  /** A new receiver knows none. */
  forget(): void {
    this.#told = 0;
  }
}
