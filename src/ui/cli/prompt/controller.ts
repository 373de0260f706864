/**
 * The controller of the prompt: keeps the open conversation and the unread counts, and carries out each typed line and
 * each event. It calls a node and a screen; it uses no socket and no terminal.
 */
import { catalogue } from '../../text/catalogue.js';
import { unreachable } from '../../../exhaustive.js';
import {
  escapeForTerminal,
  escapeName,
  resolvePeer,
  type MessageEvent,
  type NodeEvent,
  type NodeHandle,
  type OperationEvent,
  type PeerEvent,
} from '../../../index.js';
import { untilKnown } from '../run.js';
import type { Moment } from '../notify/signals.js';
import type { Output } from '../screen/output.js';
import { timerLine } from '../screen/changes.js';
import { peerLabel, renamedRemark } from '../screen/naming.js';
import { noticeLine, peerLine, peerName, peerStatusWords, weaknessOf } from '../screen/present.js';
import { nearestPeer } from '../options/suggestion.js';
import type { Attention } from './user/attention.js';
import { Typists } from './user/typing.js';
import { ClipboardCommands, isClipboardCommand, type Clipboard } from './clipboard-commands.js';
import { helpRows, parseInput, peerWords, type Input, type SlashName } from './commands.js';
import type { Typed } from './editor/editor.js';
import { promptText, typingNote, type Open } from './layout.js';
import { Drafts } from './sending/drafts.js';
import type { Memory } from './memory.js';
import { Pager } from './pager.js';
import { inPromptWords, Printer } from './printer.js';
import { isPeerCommand, PeerCommands } from './peer-commands.js';
import { isPeopleCommand, PeopleCommands, type PeopleCommandOptions } from './people-commands.js';
import { isApart, Reading, strangerNote } from './reading.js';
import type { Screen } from './screen.js';
import { isOperationCommand, OperationCommands } from './operation-commands.js';
import { isStatusCommand, StatusCommands } from './status-commands.js';
import { Sending } from './sending/sending.js';
import { UnsentLines } from './sending/unsent.js';
import { Verifier } from './verifying.js';

/** Arguments of the controller. */
export interface PromptOptions {
  readonly node: NodeHandle;
  readonly screen: Screen;
  readonly colors: Output['colors'];
  readonly nowMs: () => number;
  /** Age of the node in ms. */
  readonly ageMs: () => number;
  readonly onExit: () => void;
  readonly clipboard: Clipboard;
  readonly doctor?: PeopleCommandOptions['doctor'];
  /** Signals a message that was shown, or counted. */
  readonly signal?: (message: MessageEvent, peer: PeerEvent | undefined, now: Omit<Moment, 'idleMs'>) => void;
  /** Conversation and unsent lines of the last run. */
  readonly memory?: Pick<Memory, 'open' | 'drafts'>;
  /** Whether the user looks at the screen; absent: whatever is shown counts as read. */
  readonly attention?: Attention;
}

/** The state of the prompt. */
export class PromptController {
  readonly unsent = new UnsentLines();
  readonly people: PeopleCommands;
  readonly #options: PromptOptions;
  readonly #printer: Printer;
  readonly #verifier: Verifier;
  readonly #pager: Pager;
  readonly #sending: Sending;
  readonly #typists: Typists;
  readonly #reading: Reading;
  readonly #onePeer: PeerCommands;
  readonly #status: StatusCommands;
  readonly #operations: OperationCommands;
  readonly #clipboard: ClipboardCommands;
  #open: Open | null = null;
  readonly #drafts: Drafts;

  constructor(options: PromptOptions) {
    this.#options = options;
    this.#printer = new Printer(options);
    this.#verifier = new Verifier(options.node, this.#printer);
    this.#pager = new Pager(options.node, this.#printer);
    this.#reading = new Reading(options.node, options.attention ?? null);
    this.people = new PeopleCommands({
      ...options,
      say: (text, isFailure) => this.#printer[isFailure === true ? 'warn' : 'note'](inPromptWords(text)),
    });
    this.#onePeer = new PeerCommands(options.node, this.#printer);
    this.#operations = new OperationCommands(options.node, this.#printer, options.screen);
    this.#status = new StatusCommands(options.node, this.#printer, options.nowMs);
    this.#drafts = new Drafts(options.screen, options.memory?.drafts);
    this.#typists = new Typists(options.node, () => performance.now());
    this.#sending = new Sending({
      node: options.node,
      screen: options.screen,
      printer: this.#printer,
      unsent: this.unsent,
      drafts: this.#drafts,
      hereWords: () => peerWords(this.#here()),
    });
    this.#clipboard = new ClipboardCommands({
      ...options,
      printer: this.#printer,
      sending: this.#sending,
    });
  }

  /** Number of sent messages that are not delivered. */
  get pending(): number {
    return this.#sending.pending;
  }

  /** Whether an own message of the open conversation was on the screen. */
  hasOwnMessage = (): boolean => this.#operations.hasOwn(this.#open?.row?.id ?? '');

  peers(): readonly PeerEvent[] {
    return this.#printer.naming.rows();
  }

  /** Prints the own name and address, and the peers that are online. */
  async greet(): Promise<void> {
    const { node } = this.#options;
    const self = await node.self();
    this.#know((await node.peers()).unwrapOr([]));
    const names = this.#here().map((peer) => peerName(peer));
    if (self.isOk()) {
      const { name, tag, addresses, port } = self.value;
      const [address = catalogue().prompt.noAddress] = addresses;
      const where = `${address.includes(':') ? `[${address}]` : address}:${port}`;
      const others = names.length === 0 ? catalogue().prompt.nobodyHere : '';
      this.#printer.say(catalogue().prompt.youAre(escapeName(name), escapeForTerminal(tag), where, others));
    }
    if (names.length > 0)
      this.#printer.say(catalogue().prompt.here(names.join(', ')), this.#printer.colors.green);
    await this.#status.begin();
    const unread = await this.#reading.begin();
    if (unread !== null) this.#printer.say(catalogue().prompt.chatShows(unread), this.#printer.colors.bold);
    const open = this.#options.memory?.open ?? null;
    // The user may have opened one while this was read.
    if (open !== null && this.#open === null) await this.#resume(open);
    this.#drawPrompt();
  }

  /** Carries out one typed line. */
  async line({ text, isText }: Typed): Promise<void> {
    const input: Input = isText ? { type: 'text', text } : parseInput(text);
    const older = this.#pager.take();
    switch (input.type) {
      case 'nothing':
        return older?.();
      case 'text':
        return this.#sending.send(input.text, this.#open);
      case 'command':
        return this.#command(input.name, input.argument);
      case 'unknown': {
        const meant =
          input.meant === null ? catalogue().prompt.helpLists : catalogue().prompt.meantCommand(input.meant);
        return this.#printer.warn(catalogue().prompt.unknownCommand(escapeForTerminal(input.word), meant));
      }
      default:
        return unreachable(input);
    }
  }

  /** The input line holds this text. */
  edited = (text: string): void => this.#typists.edited(text, this.#open);

  /** Shows one event. */
  event(event: NodeEvent): void {
    switch (event.type) {
      case 'ready':
      case 'bye':
        return;
      case 'peer':
        return this.#onPeer(event);
      case 'message':
        return this.#onMessage(event);
      case 'edit':
      case 'delete':
      case 'reaction':
        return this.#onOperation(event);
      case 'timer':
        return this.#printer.note(timerLine(event, this.#printer.naming.labelOf(event)));
      case 'read':
        return this.#printer.read(event);
      case 'typing':
        this.#typists.happened(event);
        return this.#drawPrompt();
      case 'status':
        return this.#sending.reached(event, this.#open);
      case 'presence':
        this.#status.changed(event);
        return this.#drawPrompt();
      case 'transfer':
        return this.#onePeer.transfer(event);
      case 'notice':
        if (this.#printer.naming.get(event.peerId)?.blocked === true) return;
        return this.#printer.say(noticeLine(event, this.#printer.colors));
      case 'error':
        if (event.peer !== undefined && this.#printer.naming.isBlocked(event.peer)) return;
        return this.#printer.say(inPromptWords(escapeForTerminal(event.message)), this.#printer.colors.red);
      default:
        return unreachable(event);
    }
  }

  #onPeer(peer: PeerEvent): void {
    const { naming } = this.#printer;
    const before = naming.get(peer.id);
    naming.set(peer);
    this.#printer.peerChanged(before, peer, this.#open?.row?.id === peer.id);
    if (this.#open?.row?.id === peer.id) this.#open = { ...this.#open, row: peer };
    else this.#reading.changed(peer);
    this.#drawPrompt();
  }

  #onOperation(event: OperationEvent): void {
    const row = this.#printer.naming.get(event.peerId);
    if (row?.blocked === true || (isApart(row, this.#open) && this.#open?.row?.id !== event.peerId)) return;
    this.#operations.happened(event, row === undefined ? escapeName(event.peer) : peerLabel(row));
  }

  #onMessage(message: MessageEvent): void {
    const quoted = this.#operations.quotedBy(message);
    if (message.direction === 'in' && this.#reading.wasShown(message)) return;
    const isOpen = this.#open?.row?.id === message.peerId;
    const row = this.#printer.naming.get(message.peerId);
    const now = { isOpen, isBusy: this.#status.presence === 'busy' };
    if (message.direction === 'in' && isApart(row, this.#open) && !isOpen) {
      if (row.muted !== true && !this.#reading.counts.has(row.id)) this.#printer.note(strangerNote(row));
      this.#options.signal?.(message, row, now);
      this.#reading.passed(message);
      return this.#drawPrompt();
    }
    // The terminal has shown the line as it was typed.
    const isShown = this.#options.screen.isEchoed && this.#sending.isPending(message.id);
    if (!isShown) this.#printer.message(message, isOpen, quoted);
    if (message.direction === 'out') return;
    this.#options.signal?.(message, row, now);
    if (isOpen) return this.#reading.showed(message.peerId, message.seq);
    if (this.#reading.arrived(message) === 1 && this.#open === null) {
      this.#printer.note(catalogue().prompt.chatToAnswer(escapeForTerminal(this.#wordOf(message))));
    }
    this.#drawPrompt();
  }

  async #command(name: SlashName, argument: string): Promise<void> {
    const { onExit } = this.#options;
    if (isPeopleCommand(name)) return this.people.run(name, argument);
    if (isOperationCommand(name)) return this.#operations.run(name, argument, this.#open);
    if (isClipboardCommand(name)) return this.#clipboard.run(name, argument, this.#open);
    if (isPeerCommand(name)) return this.#onePeer.run(name, argument, this.#open);
    if (isStatusCommand(name)) {
      await this.#status.run(name, argument);
      return this.#drawPrompt();
    }
    switch (name) {
      case 'help':
        return this.#printer.rows(helpRows(this.#options.screen.columns(), this.#printer.colors.bold));
      case 'users':
        return this.#users();
      case 'chat':
        return this.#chat(argument);
      case 'history':
        return this.#history(argument);
      case 'verify':
        return this.#verifier.run(argument, this.#open);
      case 'show':
        return this.#show(argument);
      case 'exit':
        return onExit();
      default:
        return unreachable(name);
    }
  }

  async #show(argument: string): Promise<void> {
    if (!/^\d{0,15}$/.test(argument)) return this.#printer.warn(catalogue().prompt.numberMissing);
    return this.#printer.unfold(this.#options.node, argument === '' ? null : Number(argument));
  }

  async #users(): Promise<void> {
    const { colors } = this.#printer;
    const rows = await this.#options.node.peers();
    if (rows.isErr()) return this.#printer.fail(rows.error);
    this.#know(rows.value);
    if (rows.value.length === 0) return this.#printer.note(catalogue().prompt.nobodyOnline);
    this.#printer.rows(rows.value.map((row) => peerLine(row, colors)));
  }

  #know(rows: readonly PeerEvent[]): void {
    for (const row of rows) this.#printer.naming.set(row);
  }

  async #chat(word: string): Promise<void> {
    if (word === '') return this.#printer.warn(catalogue().prompt.chatPeerMissing);
    const { node, ageMs } = this.#options;
    const found = await untilKnown(() => node.find(word), { ageMs });
    this.#verifier.forget();
    const isUnheard = found.isErr() && found.error.code === 'chat/unknown-peer';
    // An address or a full id may name a peer that no beacon has announced.
    if (found.isErr() && !(isUnheard && resolvePeer(word, []).isOk())) {
      this.unsent.chatFault = found.error;
      // The next lines must not go to the conversation before.
      this.#leaveOpen();
      this.#printer.fail(found.error);
      const near = isUnheard ? nearestPeer(word, this.peers()) : null;
      if (near !== null) this.#printer.note(catalogue().prompt.meantPeer(escapeForTerminal(near)));
      return this.#drawPrompt();
    }
    this.unsent.chatFault = null;
    this.#leaveOpen();
    return this.#enter({ word, row: found.unwrapOr(null) });
  }

  /** Opens a conversation: shows its unread messages, and gives back the lines that waited for it. */
  async #enter({ word, row }: Open): Promise<void> {
    this.#open = { word, row };
    if (row !== null) this.#know([row]);
    const label = row === null ? escapeForTerminal(word) : peerName(row);
    const isUnverified = row !== null && row.dialect === 'native' && !row.verified;
    const remarks = isUnverified ? [catalogue().prompt.unverifiedCompare] : weaknessOf(row, word);
    const former = row === null ? null : renamedRemark(word, row);
    const status = row === null ? null : peerStatusWords(row);
    const remark = [...[former, status].filter((each) => each !== null), ...remarks].join('; ');
    this.#printer.note(catalogue().prompt.talkingWith(label, remark === '' ? '' : ` (${remark})`));
    if (row?.warning !== undefined) this.#printer.warn(`${label} ${escapeForTerminal(row.warning)}`);
    if (row !== null) await this.#showUnread(row.id);
    this.#drawPrompt();
    this.#drafts.enter(this.#open);
  }

  /** Closes the open conversation. */
  #leaveOpen(): void {
    this.#drafts.leave(this.#open);
    this.#open = null;
  }

  /** Returns the state that the next run begins with. */
  memory = (): Pick<Memory, 'open' | 'drafts'> => this.#drafts.memory(this.#open);

  /** Opens the conversation of the last run, if its peer is known. */
  async #resume(word: string): Promise<void> {
    const found = await this.#options.node.find(word);
    if (this.#open !== null) return;
    if (found.isOk()) await this.#enter({ word, row: found.value });
    else if (word.includes('://')) await this.#enter({ word, row: null });
  }

  async #showUnread(peerId: string): Promise<void> {
    const { messages, earlier } = await this.#reading.open(peerId);
    const more = earlier > 0 ? catalogue().prompt.earlier(earlier) : '';
    if (messages.length > 0) this.#printer.say(catalogue().prompt.unreadRow(more), this.#printer.colors.bold);
    for (const message of messages) this.#printer.message(message, true, this.#operations.quotedBy(message));
  }

  #history(search: string): Promise<void> {
    const peer = this.#open === null ? null : (this.#open.row?.id ?? this.#open.word);
    return this.#pager.begin(peer, search === '' ? null : search);
  }

  #here(): readonly PeerEvent[] {
    return this.peers().filter((peer) => peer.state !== 'offline' && peer.blocked !== true);
  }

  #wordOf(message: MessageEvent): string {
    const rows = this.peers();
    const at = rows.findIndex(({ id }) => id === message.peerId);
    return peerWords(rows)[at] ?? message.peer;
  }

  #drawPrompt(): void {
    const { screen, colors } = this.#options;
    const unread = [...this.#reading.counts].map(([peerId, count]) => {
      const row = this.#printer.naming.get(peerId);
      return `${row === undefined ? '?' : peerLabel(row)} ${count}`;
    });
    screen.setNote?.(this.#typists.isTyping(this.#open) ? typingNote(this.#open, colors) : null);
    screen.setPrompt(promptText(this.#open, unread, colors, this.#status.presence));
  }
}
