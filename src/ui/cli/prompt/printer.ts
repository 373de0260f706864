/** The output of the prompt: remarks, failures and messages, in the words of the prompt. */
import { catalogue } from '../../text/catalogue.js';
import {
  escapeForTerminal,
  escapeName,
  type DeliveryState,
  type MessageEvent,
  type NodeHandle,
  type OperationEvent,
  type PeerEvent,
  type ReadEvent,
} from '../../../index.js';
import type { CliError } from '../errors.js';
import { cli } from '../limits.js';
import { Naming, peerLabel } from '../screen/naming.js';
import type { Output } from '../screen/output.js';
import { peerName, peerStatusWords } from '../screen/present.js';
import { lineOf, wordingOf } from '../screen/wording.js';
import { dayRow, markOf, messageRows, remarkRows } from './layout.js';
import { ShownMessages, type ShownMessage } from './sending/shown-messages.js';
import type { Screen } from './screen.js';

type Paint = (text: string) => string;

/** Arguments of the printer. */
export interface PrinterOptions {
  readonly screen: Screen;
  readonly colors: Output['colors'];
  readonly nowMs: () => number;
}

/** Prints to the screen of the prompt. */
export class Printer {
  readonly naming = new Naming();
  readonly colors: Output['colors'];
  readonly #screen: Screen;
  /** Day of the message printed last; today before the first message. */
  #shownDay: string;
  /** Messages that were folded, by `seq`. */
  readonly #folded = new Map<number, MessageEvent>();
  readonly #shown = new ShownMessages();

  constructor({ screen, colors, nowMs }: PrinterOptions) {
    this.#screen = screen;
    this.colors = colors;
    this.#shownDay = new Date(nowMs()).toDateString();
  }

  say = (text: string, paint?: Paint): void => {
    this.#screen.print(remarkRows(text, this.#screen.columns(), paint));
  };

  /** Prints a remark of less weight, dimmed. */
  note = (text: string): void => this.say(text, this.colors.dim);

  /** Prints a warning. */
  warn = (text: string): void => this.say(text, this.colors.yellow);

  /** Prints a failure. `typed` is the word that the user typed for an id in it. */
  fail = (error: CliError, typed: string | null = null): void => {
    this.say(
      inPromptWords(lineOf(wordingOf(typed === null ? error : withName(error, typed)))),
      this.colors.red,
    );
  };

  /** Prints the news about a peer. A blocked peer says nothing on this screen, by its name neither. */
  peerChanged(before: PeerEvent | undefined, peer: PeerEvent, isOpen: boolean): void {
    if (peer.blocked === true) return;
    if (before !== undefined && before.name !== peer.name)
      this.note(catalogue().prompt.peerRenamed(peerName(before), peerName(peer)));
    const wasThere = before !== undefined && before.state !== 'offline';
    const isThere = peer.state !== 'offline';
    if (!wasThere && isThere) this.note(catalogue().prompt.isHere(peerName(peer)));
    if (wasThere && !isThere) this.note(catalogue().prompt.hasLeft(peerName(peer)));
    const words = peerStatusWords(peer) ?? 'here';
    if (isOpen && isThere && before !== undefined && words !== (peerStatusWords(before) ?? 'here'))
      this.note(catalogue().prompt.isNow(peerName(peer), words));
    if (peer.warning !== undefined && peer.warning !== before?.warning)
      this.warn(`${peerName(peer)}: ${escapeForTerminal(peer.warning)}`);
  }

  rows(rows: readonly string[]): void {
    this.#screen.print(rows);
  }

  /** Prints a message. `isOpen`: its conversation is open. */
  message(message: MessageEvent, isOpen: boolean, quoted?: string): void {
    const day = new Date(message.receivedAt).toDateString();
    if (day !== this.#shownDay)
      this.#screen.print([dayRow(catalogue().formats.longDay(new Date(message.receivedAt)), this.colors)]);
    this.#shownDay = day;
    const rows = this.#rowsOf({ message, isOpen, quoted });
    if (rows.length > cli.messageRowsMax || this.#screen.isPlain) this.#fold(message);
    this.#shown.add({ message, isOpen, quoted });
    this.#screen.printMessage(message.id, rows);
  }

  /** Draws a message again after an operation on it. False: its rows are not on the screen any more. */
  changed(event: OperationEvent): boolean {
    const shown = this.#shown.changed(event);
    if (shown === null || this.#screen.replace === undefined) return false;
    return this.#screen.replace(shown.message.id, this.#rowsOf(shown));
  }

  #rowsOf({ message, isOpen, quoted }: ShownMessage): readonly string[] {
    const { isPlain } = this.#screen;
    const columns = this.#screen.columns();
    const view = { colors: this.colors, columns, isOpen, naming: this.naming, isPlain, quoted };
    return messageRows(message, { ...view, rowsMax: cli.messageRowsMax });
  }

  /** Prints all rows of the message with this `seq`; null: of the one that was folded last. */
  async unfold(node: Pick<NodeHandle, 'history'>, seq: number | null): Promise<void> {
    const wanted = seq ?? [...this.#folded.keys()].at(-1) ?? null;
    if (wanted === null) return this.note(catalogue().prompt.nothingShortened);
    const page = await node.history({ afterSeq: wanted - 1, limit: 1 });
    if (page.isErr()) return this.fail(page.error);
    const message = page.value.find((each) => each.seq === wanted) ?? this.#folded.get(wanted);
    if (message === undefined) return this.warn(catalogue().prompt.noSuchNumber(wanted));
    const columns = this.#screen.columns();
    const { isPlain } = this.#screen;
    const view = { colors: this.colors, columns, isOpen: false, naming: this.naming, isPlain };
    this.#screen.print(messageRows(message, { ...view, rowsMax: Number.POSITIVE_INFINITY }));
  }

  mark(id: string, state: DeliveryState | 'read'): void {
    if (state !== 'read') this.#shown.reached(id, state);
    this.#screen.mark(id, state, markOf(state, this.colors));
  }

  /** Shows that a peer has read own messages. A screen without marks says so. */
  read(event: ReadEvent): void {
    const ids = this.#shown.read(event);
    for (const id of ids) this.mark(id, 'read');
    if (!this.#screen.isPlain || ids.length === 0) return;
    const row = this.naming.get(event.peerId);
    this.note(catalogue().prompt.hasRead(row === undefined ? escapeName(event.peer) : peerLabel(row)));
  }

  #fold(message: MessageEvent): void {
    this.#folded.set(message.seq, message);
    const [oldest] = this.#folded.keys();
    if (this.#folded.size > cli.foldedKept && oldest !== undefined) this.#folded.delete(oldest);
  }
}

/** The command of the prompt that does what a command of the shell does. */
const promptCommands: ReadonlyMap<string, string> = new Map([
  ['peers', '/users'],
  ['verify', '/verify'],
  ['unblock', '/unblock'],
  ['block', '/block'],
  ['history', '/history'],
  ['contact accept', '/accept'],
  ['contact reject', '/reject'],
  ['contact', '/contact'],
  ['outbox', '/outbox'],
  ['unread', '/unread'],
]);

/** Returns advice in the words of the prompt: `/users` instead of `"parlance peers"`. */
export const inPromptWords = (line: string): string =>
  line.replace(
    /"parlance (contact accept|contact reject|[a-z]+)([^"]*)"/g,
    (whole, command: string, rest: string) => {
      const name = promptCommands.get(command);
      return name === undefined ? whole : `${name}${rest}`;
    },
  );

/** Returns a failure with the word that the user typed in place of an id. */
function withName(error: CliError, typed: string): CliError {
  return 'peer' in error && (error.peer.includes('://') || error.peer.length > 50)
    ? { ...error, peer: typed }
    : error;
}
