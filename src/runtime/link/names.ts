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

/** Names beyond which a map finds one faster than a look through the list. */
const listedMax = 8;

/** The names of one link with their indexes. */
export class NameTable {
  /** Null: there are few names, and they are looked through. */
  #codes: Map<string, number> | null = null;
  readonly #names: string[] = [];
  /** Number of names that the receiver knows. */
  #announced = 0;

  get all(): readonly string[] {
    return this.#names;
  }

  codeOf(name: string): EnvelopeCode {
    const known = this.#codes === null ? this.#names.indexOf(name) : (this.#codes.get(name) ?? -1);
    return (known < 0 ? this.#add(name) : known) << nameShift;
  }

  #add(name: string): number {
    const index = this.#names.push(name) - 1;
    if (this.#codes !== null) this.#codes.set(name, index);
    else if (index >= listedMax) this.#codes = new Map(this.#names.map((one, i) => [one, i]));
    return index;
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
