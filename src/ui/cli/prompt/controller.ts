/**
 * The controller of the prompt: keeps the open conversation and the unread counts, and carries out each typed line and
 * each event. It calls a node and a screen; it uses no socket and no terminal.
 */
import type { ResultAsync } from 'neverthrow';
import { unreachable } from '../../../exhaustive.js';
import {
  escapeForTerminal,
  escapeName,
  newMessageId,
  parseOwnName,
  resolvePeer,
  type MessageEvent,
  type NodeError,
  type NodeEvent,
  type NodeHandle,
  type PeerEvent,
  type StatusEvent,
} from '../../../index.js';
import { cli } from '../limits.js';
import { untilKnown } from '../run.js';
import type { Output } from '../screen/output.js';
import { safetyLines } from '../commands/people.js';
import { noticeLine, peerLine, peerName, weaknessOf } from '../screen/present.js';
import { lineOf, wordingOf } from '../screen/wording.js';
import { helpRows, parseInput, peerWords, type Input, type SlashName } from './commands.js';
import type { Typed } from './editor/editor.js';
import { dayRow, markOf, messageRows, promptText, remarkRows, type Open, type Paging } from './layout.js';
import { Reading } from './reading.js';
import type { Screen } from './screen.js';
import { isWorthRetrying, UnsentLines } from './unsent.js';

/** Arguments of the controller. */
export interface PromptOptions {
  readonly node: NodeHandle;
  readonly screen: Screen;
  readonly colors: Output['colors'];
  readonly nowMs: () => number;
  /** Age of the node in ms. */
  readonly ageMs: () => number;
  /** Stores a new name in the settings. */
  readonly rememberName: (name: string) => void;
  readonly onExit: () => void;
}

/** The state of the prompt. */
export class PromptController {
  readonly unsent = new UnsentLines();
  readonly #options: PromptOptions;
  readonly #peers = new Map<string, PeerEvent>();
  /** Ids of sent messages that are not delivered. */
  readonly #pending = new Set<string>();
  readonly #reading: Reading;
  #open: Open | null = null;
  /** Messages that were typed while no conversation was open: they wait for the next one. */
  #drafts: string[] = [];
  #codeShownOf: string | null = null;
  #paging: Paging | null = null;
  /** Day of the message printed last; today before the first message. */
  #shownDay: string;

  constructor(options: PromptOptions) {
    this.#options = options;
    this.#shownDay = new Date(options.nowMs()).toDateString();
    this.#reading = new Reading(options.node);
  }

  /** Number of sent messages that are not delivered. */
  get pending(): number {
    return this.#pending.size;
  }

  peers(): readonly PeerEvent[] {
    return [...this.#peers.values()];
  }

  /** Prints the own name and the peers that are online. */
  async greet(): Promise<void> {
    const { node, colors } = this.#options;
    const self = await node.self();
    for (const row of (await node.peers()).unwrapOr([])) this.#peers.set(row.id, row);
    if (self.isOk()) {
      this.#say(
        `You are ${escapeName(self.value.name)}#${escapeForTerminal(self.value.tag)}. /help lists the commands.`,
      );
    }
    const names = this.#here().map((peer) => peerName(peer));
    if (names.length > 0) this.#say(`Here: ${names.join(', ')}`, colors.green);
    const unread = await this.#reading.begin();
    if (unread !== null) this.#say(`${unread}; /chat PEER shows them`, colors.bold);
    this.#drawPrompt();
  }

  /** Carries out one typed line. */
  async line({ text, isText }: Typed): Promise<void> {
    const input: Input = isText ? { type: 'text', text } : parseInput(text);
    const paging = this.#paging;
    this.#paging = null;
    switch (input.type) {
      case 'nothing':
        return paging === null ? undefined : this.#page(paging);
      case 'text':
        return this.#send(input.text);
      case 'command':
        return this.#command(input.name, input.argument);
      case 'unknown': {
        const meant = input.meant === null ? '/help lists the commands' : `did you mean /${input.meant}?`;
        return this.#say(
          `unknown command /${escapeForTerminal(input.word)}: ${meant}`,
          this.#options.colors.yellow,
        );
      }
      default:
        return unreachable(input);
    }
  }

  /** Shows one event. */
  event(event: NodeEvent): void {
    const { colors } = this.#options;
    switch (event.type) {
      case 'ready':
      case 'bye':
        return;
      case 'peer':
        return this.#onPeer(event);
      case 'message':
        return this.#onMessage(event);
      case 'status':
        return this.#onStatus(event);
      case 'notice':
        return this.#say(noticeLine(event, colors));
      case 'error':
        return this.#say(
          `${escapeForTerminal(event.message)} (${escapeForTerminal(event.code)})`,
          colors.red,
        );
      default:
        return unreachable(event);
    }
  }

  #onPeer(peer: PeerEvent): void {
    const before = this.#peers.get(peer.id);
    this.#peers.set(peer.id, peer);
    const { colors } = this.#options;
    if (before?.name !== undefined && before.name !== peer.name) {
      this.#say(`${peerName(before)} is now called ${peerName(peer)}`, colors.dim);
    }
    const wasThere = before !== undefined && before.state !== 'offline';
    const isThere = peer.state !== 'offline';
    if (!wasThere && isThere) this.#say(`${peerName(peer)} is here`, colors.dim);
    if (wasThere && !isThere) this.#say(`${peerName(peer)} has left`, colors.dim);
    if (peer.warning !== undefined && peer.warning !== before?.warning) {
      this.#say(`${peerName(peer)}: ${escapeForTerminal(peer.warning)}`, colors.yellow);
    }
    if (this.#open?.row?.id === peer.id) this.#open = { ...this.#open, row: peer };
    else this.#reading.changed(peer);
    this.#drawPrompt();
  }

  #onMessage(message: MessageEvent): void {
    if (message.direction === 'in' && this.#reading.wasShown(message)) return;
    const isOpen = this.#open?.row?.id === message.peerId;
    this.#print(message, isOpen);
    if (message.direction === 'out') return;
    if (isOpen) return this.#reading.showed(message.peerId, message.seq);
    if (this.#reading.arrived(message) === 1 && this.#open === null) {
      this.#say(`/chat ${escapeForTerminal(this.#wordOf(message))} to answer`, this.#options.colors.dim);
    }
    this.#drawPrompt();
  }

  #onStatus(status: StatusEvent): void {
    const { screen, colors } = this.#options;
    const isLast = status.state === 'delivered' || status.state === 'failed';
    if (isLast) this.#pending.delete(status.id);
    screen.mark(status.id, status.state, markOf(status.state, colors));
    if (status.state === 'failed') {
      const reason = status.reason === undefined ? '' : `: ${escapeForTerminal(status.reason)}`;
      this.#say(`not delivered to ${escapeName(status.peer)}${reason}`, colors.red);
    }
  }

  async #send(text: string): Promise<void> {
    const { node, screen, colors } = this.#options;
    if (this.#open === null) {
      const names = peerWords(this.#here());
      const there = names.length === 0 ? 'no peer is online yet' : `online: ${names.join(', ')}`;
      if (screen.giveBack === null) this.unsent.add();
      else this.#drafts.push(text);
      const waits = this.#drafts.length === 1 ? 'your line waits' : `${this.#drafts.length} lines wait`;
      const kept = screen.giveBack === null ? '' : `; ${waits} for it`;
      this.#say(`no conversation is open: /chat PEER opens one (${there})${kept}`, colors.yellow);
      return;
    }
    const id = newMessageId();
    this.#pending.add(id);
    const sent = await node.send(this.#open.row?.id ?? this.#open.word, text, { id });
    if (sent.isOk()) return;
    this.#pending.delete(id);
    this.#fail(sent.error);
    if (screen.giveBack === null) this.unsent.add(sent.error);
    else if (isWorthRetrying(sent.error)) screen.giveBack(text);
  }

  async #command(name: SlashName, argument: string): Promise<void> {
    const { node, onExit } = this.#options;
    switch (name) {
      case 'help':
        return this.#help();
      case 'users':
        return this.#users();
      case 'chat':
        return this.#chat(argument);
      case 'history':
        return this.#history(argument);
      case 'nickname':
        return this.#nickname(argument);
      case 'verify':
        return this.#verify(argument);
      case 'block':
        return this.#onPeerOf(argument, (peer) =>
          node.block(peer, true).map((row) => `${peerName(row)} is blocked`),
        );
      case 'unblock':
        return this.#onPeerOf(argument, (peer) =>
          node.block(peer, false).map((row) => `${peerName(row)} is no longer blocked`),
        );
      case 'disconnect':
        return this.#onPeerOf(argument, (peer) => node.disconnect(peer).map(() => 'disconnected'));
      case 'exit':
        return onExit();
      default:
        return unreachable(name);
    }
  }

  #help(): void {
    const { screen, colors } = this.#options;
    screen.print(helpRows(screen.columns(), colors.bold));
  }

  async #users(): Promise<void> {
    const { node, screen, colors } = this.#options;
    const rows = await node.peers();
    if (rows.isErr()) return this.#fail(rows.error);
    for (const row of rows.value) this.#peers.set(row.id, row);
    if (rows.value.length === 0) return this.#say('no peer is online yet', colors.dim);
    screen.print(rows.value.map((row) => peerLine(row, colors)));
  }

  async #chat(word: string): Promise<void> {
    const { screen, colors } = this.#options;
    if (word === '') return this.#say('the peer is missing: /chat PEER; Tab completes names', colors.yellow);
    const { node, ageMs } = this.#options;
    const found = await untilKnown(() => node.find(word), { ageMs });
    const isUnheard = found.isErr() && found.error.code === 'chat/unknown-peer';
    // An address or a full id may name a peer that no beacon has announced.
    if (found.isErr() && !(isUnheard && resolvePeer(word, []).isOk())) {
      this.unsent.chatFault = found.error;
      // The next lines must not go to the conversation before.
      this.#open = null;
      this.#codeShownOf = null;
      this.#fail(found.error);
      return this.#drawPrompt();
    }
    this.unsent.chatFault = null;
    const row = found.unwrapOr(null);
    this.#open = { word, row };
    this.#codeShownOf = null;
    if (row !== null) this.#peers.set(row.id, row);
    const label = row === null ? escapeForTerminal(word) : peerName(row);
    const isUnverified = row !== null && row.dialect === 'native' && !row.verified;
    const remark = isUnverified ? 'unverified: /verify compares codes' : weaknessOf(row, word).join(', ');
    this.#say(`talking with ${label}${remark === '' ? '' : ` (${remark})`}`, colors.dim);
    if (row !== null) await this.#showUnread(row.id);
    this.#drawPrompt();
    for (const draft of this.#drafts) screen.giveBack?.(draft);
    this.#drafts = [];
  }

  async #showUnread(peerId: string): Promise<void> {
    const { messages, earlier } = await this.#reading.open(peerId);
    const more = earlier > 0 ? ` (${earlier} more before these: /history shows them)` : '';
    if (messages.length > 0) this.#say(`── unread ──${more}`, this.#options.colors.bold);
    for (const message of messages) this.#print(message, true);
  }

  #history(search: string): Promise<void> {
    return this.#page({
      peer: this.#open === null ? null : (this.#open.row?.id ?? this.#open.word),
      search: search === '' ? null : search,
      beforeSeq: Number.MAX_SAFE_INTEGER,
    });
  }

  async #page(paging: Paging): Promise<void> {
    const { node, colors } = this.#options;
    const page = await node.history({
      ...(paging.peer === null ? {} : { peer: paging.peer }),
      ...(paging.search === null ? {} : { search: paging.search }),
      ...(paging.beforeSeq === Number.MAX_SAFE_INTEGER ? {} : { beforeSeq: paging.beforeSeq }),
      limit: cli.promptPageLines,
    });
    if (page.isErr()) return this.#fail(page.error);
    const [oldest] = page.value;
    if (oldest === undefined) return this.#say('no more messages', colors.dim);
    for (const message of page.value) this.#print(message, paging.peer !== null);
    if (page.value.length < cli.promptPageLines || oldest.seq <= 1)
      return this.#say('── end of the history ──', colors.dim);
    this.#paging = { ...paging, beforeSeq: oldest.seq };
    return this.#say('── Enter shows older messages ──', colors.dim);
  }

  async #nickname(name: string): Promise<void> {
    const { node, colors, rememberName } = this.#options;
    if (name === '') return this.#say('the name is missing: /nickname NAME', colors.yellow);
    const self = await parseOwnName(name).asyncAndThen((chosen) => node.rename(chosen));
    if (self.isErr()) return this.#fail(self.error);
    rememberName(self.value.name);
    return this.#say(`you are now called ${escapeName(self.value.name)}`, colors.dim);
  }

  async #verify(argument: string): Promise<void> {
    const { node, screen, colors } = this.#options;
    const isYes = argument.toLowerCase() === 'yes';
    const found = argument === '' || isYes ? null : await node.find(argument);
    // A word that names no peer is a code.
    if (found?.isErr() === true && found.error.code !== 'chat/unknown-peer') return this.#fail(found.error);
    const named = found?.isOk() === true ? found.value.id : null;
    const isShowing = argument === '' || named !== null;
    const open = this.#open?.row?.id ?? this.#open?.word;
    // The user confirms the code that was shown last, whichever conversation is open.
    const peer = named ?? (isShowing ? open : (this.#codeShownOf ?? open));
    if (peer === undefined)
      return this.#say('the peer is missing: open a conversation with /chat PEER', colors.yellow);
    const code = isYes ? null : argument;
    const safety = await (isShowing ? node.safety(peer) : node.verify(peer, code));
    if (safety.isErr()) return this.#fail(safety.error);
    this.#codeShownOf = safety.value.peer.id;
    screen.print(safetyLines(safety.value, colors.bold).split('\n'));
    if (!safety.value.verified) this.#say('if the other side shows the same code: /verify yes', colors.dim);
  }

  async #onPeerOf(argument: string, act: (peer: string) => ResultAsync<string, NodeError>): Promise<void> {
    const found = argument === '' ? null : await this.#options.node.find(argument);
    if (found?.isErr() === true && found.error.code !== 'chat/unknown-peer') return this.#fail(found.error);
    const named = argument === '' ? null : argument;
    const peer = (found?.isOk() === true ? found.value.id : named) ?? this.#open?.row?.id ?? this.#open?.word;
    if (peer === undefined)
      return this.#say(
        'the peer is missing: name one, or open a conversation with /chat PEER',
        this.#options.colors.yellow,
      );
    (await act(peer)).match(
      (words) => this.#say(words, this.#options.colors.dim),
      (error) => this.#fail(error),
    );
  }

  #print(message: MessageEvent, isOpen: boolean): void {
    const { screen, colors } = this.#options;
    const day = new Date(message.sentAt).toDateString();
    if (day !== this.#shownDay) screen.print([dayRow(day, colors)]);
    this.#shownDay = day;
    const rows = messageRows(message, { colors, columns: screen.columns(), isOpen });
    if (message.direction === 'out') screen.printOwn(message.id, rows);
    else screen.print(rows);
  }

  #say(text: string, paint?: (text: string) => string): void {
    const { screen } = this.#options;
    screen.print(remarkRows(text, screen.columns(), paint));
  }

  #fail(error: NodeError): void {
    this.#say(lineOf(wordingOf(error)), this.#options.colors.red);
  }

  #here(): readonly PeerEvent[] {
    return this.peers().filter((peer) => peer.state !== 'offline' && peer.blocked !== true);
  }

  #wordOf(message: MessageEvent): string {
    const row = this.#peers.get(message.peerId);
    return row === undefined
      ? message.peer
      : (peerWords(this.peers())[[...this.#peers.keys()].indexOf(row.id)] ?? message.peer);
  }

  #drawPrompt(): void {
    const { screen, colors } = this.#options;
    const unread = [...this.#reading.counts].map(
      ([peerId, count]) => `${escapeName(this.#peers.get(peerId)?.name ?? '?')} ${count}`,
    );
    screen.setPrompt(promptText(this.#open, unread, colors));
  }
}
