/** Commands of the prompt about the own status, and about the peers that learn what the user reads and types. */
import { presenceWords, type NodeHandle, type PresenceEvent } from '../../../index.js';
import { audiences, privacyLines } from '../commands/messages/privacy.js';
import { ownStatusLine, readStatus } from '../commands/status.js';
import type { Printer } from './printer.js';

const names = ['status', 'away', 'back', 'privacy'] as const;
/** The name of a command about the own status. */
export type StatusCommandName = (typeof names)[number];

/** Whether a command is one about the own status. */
export const isStatusCommand = (name: string): name is StatusCommandName =>
  names.some((known) => known === name);

type UsedNode = Pick<NodeHandle, 'status' | 'setStatus' | 'privacy' | 'setPrivacy'>;

/** Runs the commands about the own status, and keeps the last known status. */
export class StatusCommands {
  readonly #node: UsedNode;
  readonly #printer: Printer;
  readonly #nowMs: () => number;
  #status: PresenceEvent = { type: 'presence', presence: 'here' };

  constructor(node: UsedNode, printer: Printer, nowMs: () => number) {
    this.#node = node;
    this.#printer = printer;
    this.#nowMs = nowMs;
  }

  /** The presence of the last known status. */
  get presence(): PresenceEvent['presence'] {
    return this.#status.presence;
  }

  /** Asks the node for the status. Prints it unless it is `here`. */
  async begin(): Promise<void> {
    const found = await this.#node.status();
    if (found.isErr()) return;
    this.#status = found.value;
    if (this.presence !== 'here') this.#print(found.value);
  }

  /** Takes a status from an event, and prints it unless it is known already. */
  changed(status: PresenceEvent): void {
    const isNews = JSON.stringify(status) !== JSON.stringify(this.#status);
    this.#status = status;
    if (isNews) this.#print(status);
  }

  async run(name: StatusCommandName, argument: string): Promise<void> {
    if (name === 'privacy') return this.#privacy(argument);
    const words = { status: argument, away: `away ${argument}`, back: 'here' }[name];
    const wanted = readStatus(words, this.#nowMs());
    if (wanted.isErr()) {
      this.#printer.warn(`${wanted.error}: /status [${presenceWords.join('|')}] [TEXT] [--until TIME]`);
      return;
    }
    const asked = await (wanted.value === null ? this.#node.status() : this.#node.setStatus(wanted.value));
    if (asked.isErr()) return this.#printer.fail(asked.error);
    this.#status = asked.value;
    this.#print(asked.value);
  }

  async #privacy(argument: string): Promise<void> {
    const [subject = '', value, more] = argument.split(/\s+/u);
    const chosen = audiences.find((each) => each === value);
    const isKnown = subject === 'receipts' || subject === 'typing';
    if (more !== undefined || (subject !== '' && !isKnown) || (value !== undefined && chosen === undefined))
      return this.#printer.warn(`/privacy [receipts|typing] [${audiences.join('|')}]`);
    const change = isKnown && chosen !== undefined ? { [subject]: chosen } : null;
    const found = await (change === null ? this.#node.privacy() : this.#node.setPrivacy(change));
    if (found.isErr()) return this.#printer.fail(found.error);
    this.#printer.note(privacyLines(found.value, this.presence === 'invisible' ? 'none' : 'all'));
  }

  #print(status: PresenceEvent): void {
    this.#printer.note(ownStatusLine(status, this.#nowMs()));
  }
}
