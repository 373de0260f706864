/** Typing notices at the prompt: those of this user, and the row that shows those of the open conversation. */
import { isMessage } from '../editor/editor.js';
import type { NodeHandle, TypingEvent } from '../../../../index.js';
import { cli } from '../../limits.js';
import type { Open } from '../layout.js';

/** Says that the user types, and remembers which peers do. */
export class Typists {
  readonly #node: Pick<NodeHandle, 'setTyping'>;
  readonly #nowMs: () => number;
  readonly #typing = new Set<string>();
  /** The peer that was said to, and when; null: nobody. */
  #said: { readonly peer: string; readonly atMs: number } | null = null;

  /** `nowMs`: a clock that only goes forward. */
  constructor(node: Pick<NodeHandle, 'setTyping'>, nowMs: () => number) {
    this.#node = node;
    this.#nowMs = nowMs;
  }

  /** Whether the peer of the open conversation types. */
  isTyping = (open: Open | null): boolean => open?.row !== null && this.#typing.has(open?.row.id ?? '');

  happened({ peerId, on }: TypingEvent): void {
    if (on) this.#typing.add(peerId);
    else this.#typing.delete(peerId);
  }

  /** The input line changed. `text`: what it holds now. */
  edited(text: string, open: Open | null): void {
    const peer = open?.row?.dialect === 'native' ? open.row.id : null;
    const isTyping = peer !== null && text.trim() !== '' && isMessage(text);
    const said = this.#said;
    if (said !== null && (!isTyping || said.peer !== peer)) this.#say(said.peer, false);
    const isDue = said?.peer !== peer || this.#nowMs() - said.atMs >= cli.typingEveryMs;
    if (isTyping && isDue) this.#say(peer, true);
  }

  #say(peer: string, isTyping: boolean): void {
    this.#said = isTyping ? { peer, atMs: this.#nowMs() } : null;
    // A notice that is lost does no harm.
    void this.#node.setTyping(peer, isTyping);
  }
}
