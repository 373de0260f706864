/** The names of messages on a link: each is sent to the receiver once, then its index stands for it. */
import { nameShift, type EnvelopeCode } from './envelope.js';

/** Returns the id of an envelope, which is the same each time that one life of the sender delivers it. */
export const envelopeId = (link: { readonly id: number; readonly epoch: number }, seq: number): string =>
  `${link.id}.${link.epoch}.${seq}`;

const openedMark = '\0';
/** Returns the name of a sender that an actor opened by an address. No link of a manifest has such a name. */
export const openedName = (to: string): string => `${openedMark}${to}`;
/** Whether the name is that of an opened link. */
export const isOpened = (name: string): boolean => name.startsWith(openedMark);

/** The names of one link with their indexes. */
export class NameTable {
  readonly #codes = new Map<string, number>();
  readonly #names: string[] = [];
  /** Number of names that the receiver knows. */
  #announced = 0;

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

  /** Returns the names that the receiver does not know yet; null: it knows all. */
  unannounced(): readonly string[] | null {
    return this.#announced < this.#names.length ? this.#names.slice(this.#announced) : null;
  }

  /** Notes that the receiver knows all names. */
  noteAnnounced(): void {
    this.#announced = this.#names.length;
  }

  /** Notes a new receiver, which knows no name. */
  forget(): void {
    this.#announced = 0;
  }
}
