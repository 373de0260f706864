/** The lines that the user sends: their way to the node, and the states that they reach. */
import { catalogue } from '../../../text/catalogue.js';
import {
  escapeForTerminal,
  escapeName,
  newMessageId,
  type NodeHandle,
  type StatusEvent,
} from '../../../../index.js';
import { cli } from '../../limits.js';
import { peerLabel } from '../../screen/naming.js';
import { weaknessOf } from '../../screen/present.js';
import type { Drafts } from './drafts.js';
import type { Open } from '../layout.js';
import type { Printer } from '../printer.js';
import type { Screen } from '../screen.js';
import { isWorthRetrying, type Pending, type UnsentLines } from './unsent.js';

/** The parts that sending works with. */
export interface SendingParts {
  readonly node: Pick<NodeHandle, 'send'>;
  readonly screen: Screen;
  readonly printer: Printer;
  readonly unsent: UnsentLines;
  readonly drafts: Drafts;
  /** Words of the peers that are here. */
  readonly hereWords: () => readonly string[];
}

/** Sends lines, and keeps those that have not reached their last state. */
export class Sending {
  readonly #parts: SendingParts;
  readonly #pending = new Map<string, Pending>();

  constructor(parts: SendingParts) {
    this.#parts = parts;
  }

  /** Number of sent messages that are not delivered. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Whether a message is one of this prompt, and on its way. */
  isPending = (id: string): boolean => this.#pending.has(id);

  /** Sends a line to the open conversation. */
  async send(text: string, open: Open | null): Promise<void> {
    const { node, screen, printer, unsent } = this.#parts;
    if (open === null) return this.#noConversation(text);
    const id = newMessageId();
    this.#pending.set(id, { text, isForeign: weaknessOf(open.row, open.word).length > 0 });
    const sent = await node.send(open.row?.id ?? open.word, text, { id });
    if (sent.isOk()) {
      const { row } = open;
      if (screen.isPlain && row !== null && row.state === 'offline')
        printer.note(catalogue().prompt.queuedForLater(peerLabel(row)));
      return;
    }
    this.#pending.delete(id);
    printer.fail(sent.error, open.row?.name ?? open.word);
    if (screen.giveBack === null) unsent.add(sent.error);
    else if (isWorthRetrying(sent.error)) screen.giveBack(text);
  }

  /** A sent message has reached a state. */
  reached(status: StatusEvent, open: Open | null): void {
    const { printer, screen } = this.#parts;
    const pending = this.#pending.get(status.id);
    const isReached =
      status.state === 'delivered' || (status.state === 'sent' && pending?.isForeign === true);
    if (isReached || status.state === 'failed') this.#pending.delete(status.id);
    printer.mark(status.id, status.state);
    if (screen.isPlain && pending !== undefined && isReached) this.#tell(status, pending.text, open);
    if (status.state === 'failed') {
      const reason = status.reason === undefined ? '' : `: ${escapeForTerminal(status.reason)}`;
      printer.say(catalogue().prompt.notDeliveredTo(escapeName(status.peer), reason), printer.colors.red);
    }
  }

  /** Prints the state that a message has reached, where its mark cannot change. */
  #tell({ state, peer }: StatusEvent, text: string, open: Open | null): void {
    const label = open?.row?.name === peer ? peerLabel(open.row) : escapeName(peer);
    const words = escapeForTerminal(text, { graphemesMax: cli.previewGraphemes });
    this.#parts.printer.note(catalogue().prompt.reached(state, label, words));
  }

  #noConversation(text: string): void {
    const { screen, printer, unsent, drafts, hereWords } = this.#parts;
    const names = hereWords();
    const there =
      names.length === 0 ? catalogue().prompt.nobodyOnline : catalogue().prompt.online(names.join(', '));
    if (screen.giveBack === null) unsent.add();
    const waiting = screen.giveBack === null ? 0 : drafts.wait(text);
    const waits = catalogue().prompt.linesWait(waiting);
    const kept = screen.giveBack === null ? '' : catalogue().prompt.waitsForIt(waits);
    printer.warn(catalogue().prompt.noConversationKept(there, kept));
  }
}
