/** `/verify`: shows safety codes, and marks a peer once its code was compared. */
import { catalogue } from '../../text/catalogue.js';
import type { NodeHandle } from '../../../index.js';
import { safetyLines } from '../commands/people.js';
import type { Open } from './layout.js';
import type { Printer } from './printer.js';

/** Runs `/verify`, and keeps the code shown last. */
export class Verifier {
  readonly #node: Pick<NodeHandle, 'find' | 'safety' | 'verify'>;
  readonly #printer: Printer;
  /** Peer whose code was shown last; null: none since a conversation was opened. */
  #shownOf: string | null = null;

  constructor(node: Pick<NodeHandle, 'find' | 'safety' | 'verify'>, printer: Printer) {
    this.#node = node;
    this.#printer = printer;
  }

  /** Another conversation is open: no code of it was shown. */
  forget(): void {
    this.#shownOf = null;
  }

  /** Carries out `/verify ARGUMENT`: a peer, a code, `yes` or nothing. */
  async run(argument: string, open: Open | null): Promise<void> {
    if (argument.toLowerCase() === 'yes') return this.#confirm();
    const found = argument === '' ? null : await this.#node.find(argument);
    const isUnknown = found?.isErr() === true && found.error.code === 'chat/unknown-peer';
    // A word that names no peer is a code.
    const isCode = isUnknown && isCodeLike(argument);
    if (found?.isErr() === true && !isCode) return this.#printer.fail(found.error);
    const row = found?.isOk() === true ? found.value : null;
    const peer = row?.id ?? open?.row?.id ?? open?.word;
    if (peer === undefined) return this.#printer.warn(catalogue().prompt.openToVerify);
    const dialect = row?.dialect ?? open?.row?.dialect ?? 'native';
    if (dialect !== 'native' || peer.includes('://'))
      return this.#printer.warn(catalogue().prompt.olderHaveNoKeys);
    if (isCode) return this.#mark(this.#shownOf ?? peer, argument);
    const safety = await this.#node.safety(peer);
    if (safety.isErr()) return this.#printer.fail(safety.error);
    this.#shownOf = safety.value.peer.id;
    this.#printer.rows(safetyLines(safety.value, this.#printer.colors.bold).split('\n'));
    if (!safety.value.verified) this.#printer.note(catalogue().prompt.ifSameCode);
  }

  async #confirm(): Promise<void> {
    if (this.#shownOf === null) {
      const why = catalogue().prompt.noCodeShown;
      return this.#printer.warn(catalogue().prompt.nothingCompared(why));
    }
    return this.#mark(this.#shownOf, null);
  }

  async #mark(peer: string, code: string | null): Promise<void> {
    const safety = await this.#node.verify(peer, code);
    if (safety.isErr()) return this.#printer.fail(safety.error);
    this.#printer.rows(safetyLines(safety.value, this.#printer.colors.bold).split('\n'));
  }
}

/** Whether a word may be a safety code: digits in groups. */
const isCodeLike = (word: string): boolean => /^[\d\s-]{5,}$/.test(word);
