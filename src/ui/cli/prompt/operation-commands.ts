/** Commands of the prompt about messages that were sent or received, in the open conversation. */
import { catalogue } from '../../text/catalogue.js';
import type { MessageEvent, NodeHandle, Operation, OperationEvent } from '../../../index.js';
import { outcomeOf } from '../commands/messages/operations.js';
import { parseTimer, timerWords } from '../commands/messages/timer.js';
import { operationLine } from '../screen/changes.js';
import type { Open } from './layout.js';
import type { Printer } from './printer.js';
import type { Screen } from './screen.js';

const names = ['reply', 'edit', 'delete', 'react', 'timer'] as const;
/** The name of a command about a message. */
export type OperationCommandName = (typeof names)[number];

/** Whether a command is one about a message. */
export const isOperationCommand = (name: string): name is OperationCommandName =>
  names.some((known) => known === name);

/** Messages whose texts are kept for quotes. */
const quotedMax = 500;
/** Own messages among which the last one is found that is a text and not deleted. */
const lastOwnMax = 20;

/** A text that begins with the name of a message. */
const namesMessage = /^([\^@]\d+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|#[0-9a-f]{4,31})(?:\s+(.*))?$/s;

type UsedNode = Pick<NodeHandle, 'operate' | 'timer' | 'setTimer' | 'history'>;

/** Runs the commands about messages, and keeps the texts that were shown last. */
export class OperationCommands {
  readonly #node: UsedNode;
  readonly #printer: Printer;
  readonly #screen: Pick<Screen, 'forget' | 'type'>;
  readonly #texts = new Map<string, string>();
  /** Peers to whom messages were shown. */
  readonly #written = new Set<string>();
  /** Own texts that edits have replaced, by the message. */
  readonly #replaced = new Map<string, readonly string[]>();

  constructor(node: UsedNode, printer: Printer, screen: Pick<Screen, 'forget' | 'type'>) {
    this.#node = node;
    this.#printer = printer;
    this.#screen = screen;
  }

  /** Returns the text that a message answers, where it was seen. Keeps the text of the message for quotes of it. */
  quotedBy({ id, text, replyTo, direction, peerId }: MessageEvent): string | undefined {
    this.#texts.set(id, text);
    if (direction === 'out') this.#written.add(peerId);
    const [oldest] = this.#texts.keys();
    if (this.#texts.size > quotedMax && oldest !== undefined) this.#texts.delete(oldest);
    return this.#textOf(replyTo);
  }

  /** Whether a message to the peer was shown. */
  hasOwn = (peerId: string): boolean => this.#written.has(peerId);

  readonly #textOf = (id: string | undefined): string | undefined =>
    id === undefined ? undefined : this.#texts.get(id);

  /** Shows an operation, and takes over its consequence for quotes. */
  happened(event: OperationEvent, label: string): void {
    const isSilent = event.type === 'delete' && event.expired === true;
    if (!this.#printer.changed(event) && !isSilent)
      this.#printer.note(operationLine(event, label, this.#textOf(event.target)));
    if (event.direction === 'out') this.#forget(event);
    if (event.type === 'edit') this.#texts.set(event.target, event.text);
    if (event.type === 'delete') this.#texts.set(event.target, '');
  }

  /** A deleted text leaves the input history, too, which is a file of the home. */
  #forget({ type, target }: OperationEvent): void {
    const texts = [...(this.#replaced.get(target) ?? []), this.#texts.get(target) ?? ''];
    if (type === 'edit') this.#replaced.set(target, texts);
    if (type !== 'delete') return;
    for (const text of texts) this.#screen.forget?.(text);
    this.#replaced.delete(target);
  }

  /** Puts the command with the text of the last own message into the input line, to be changed there. */
  async #fillIn(peer: string, type: (text: string) => void): Promise<void> {
    const page = await this.#node.history({ peer, direction: 'out', limit: lastOwnMax });
    if (page.isErr()) return this.#printer.fail(page.error);
    const last = page.value.findLast(({ deleted, file }) => deleted !== true && file === undefined);
    if (last === undefined) return this.#printer.warn(usageOf.edit());
    // Words in front that look like the name of a message would be read as one.
    const name = namesMessage.test(last.text) ? '^1 ' : '';
    type(`/edit ${name}${last.text}`);
  }

  /** Shows the timer of the open conversation, or sets it; the event of the new one is the answer. */
  async #timer(word: string, peer: string): Promise<void> {
    if (word === '') {
      const found = await this.#node.timer(peer);
      return found.isErr() ? this.#printer.fail(found.error) : this.#printer.note(timerWords(found.value));
    }
    const seconds = parseTimer(word);
    if (seconds.isErr()) return this.#printer.warn(seconds.error);
    const set = await this.#node.setTimer(peer, seconds.value);
    if (set.isErr()) this.#printer.fail(set.error);
  }

  async run(name: OperationCommandName, argument: string, open: Open | null): Promise<void> {
    if (open === null) return this.#printer.warn(catalogue().prompt.noConversation);
    if (name === 'timer') return this.#timer(argument, open.row?.id ?? open.word);
    const [, word = null, rest = ''] = namesMessage.exec(argument) ?? [];
    const words = word === null ? argument : rest;
    const operation = operationOf(name, words);
    if (operation === null && name === 'edit' && word === null && this.#screen.type !== undefined)
      return this.#fillIn(open.row?.id ?? open.word, this.#screen.type);
    if (operation === null) return this.#printer.warn(usageOf[name]());
    // Without an id: the last own message, or, for an answer and a reaction, the last received one.
    const named = word?.replace('#', '') ?? (name === 'edit' || name === 'delete' ? '^1' : '@1');
    const done = await this.#node.operate(named, operation, { peer: open.row?.id ?? open.word });
    if (done.isErr()) return this.#printer.fail(done.error);
    // A message that was changed before it was sent is answered by its own id, and nothing tells of the change.
    const { id } = done.value;
    if (name === 'edit' && this.#texts.has(id)) {
      this.#replaced.set(id, [...(this.#replaced.get(id) ?? []), this.#texts.get(id) ?? '']);
      this.#texts.set(id, words);
    }
    if (name === 'delete') this.#printer.note(outcomeOf(operation, done.value));
  }
}

type MessageCommandName = Exclude<OperationCommandName, 'timer'>;

function operationOf(name: MessageCommandName, words: string): Operation | null {
  switch (name) {
    case 'reply':
      return words === '' ? null : { do: 'reply', text: words };
    case 'edit':
      return words === '' ? null : { do: 'edit', text: words };
    case 'delete':
      return words === '' ? { do: 'delete' } : words === 'for-me' ? { do: 'delete', forMe: true } : null;
    case 'react': {
      const [emoji = '', off, more] = words.split(/\s+/u);
      if (emoji === '' || more !== undefined || (off !== undefined && off !== 'off')) return null;
      return { do: 'react', emoji, on: off === undefined };
    }
    default:
      return name satisfies never;
  }
}

const idForms = (): string => catalogue().prompt.idForms;
const usageOf: Readonly<Record<MessageCommandName, () => string>> = {
  reply: () => catalogue().prompt.replyUsage(idForms()),
  edit: () => catalogue().prompt.editUsage(idForms()),
  delete: () => catalogue().prompt.deleteUsage(idForms()),
  react: () => catalogue().prompt.reactUsage(idForms()),
};
