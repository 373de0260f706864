/** Commands of the prompt about people and about what waits for them; each does as the command of the same name. */
import { catalogue } from '../../text/catalogue.js';
import {
  escapeForTerminal,
  escapeName,
  parseOwnName,
  type ContactInfo,
  type NodeError,
  type NodeHandle,
  type PeerEvent,
} from '../../../index.js';
import type { Result } from 'neverthrow';
import type { Finding } from '../../api/doctor.js';
import { verdictOf } from '../commands/doctor.js';
import { fateSentence, isKnown, settleQueued } from '../commands/contacts.js';
import { changeWaiting, waitingFor, waitingLine, waitLines, withId } from '../commands/outbox.js';
import { safetyLines } from '../commands/people.js';
import { unreadLine } from '../commands/unread.js';
import { outboxVerbs, queuedFates } from '../options/verbs.js';
import { folded } from './commands.js';
import { invisibleRemark } from '../screen/naming.js';
import { peerName, taggedWord } from '../screen/present.js';
import { lineOf, wordingOf } from '../screen/wording.js';

const names = ['accept', 'reject', 'requests', 'contact', 'unread', 'outbox', 'nickname', 'doctor'] as const;
/** The name of a command about people. */
export type PeopleCommandName = (typeof names)[number];

/** Whether a command is one about people. */
export const isPeopleCommand = (name: string): name is PeopleCommandName =>
  names.some((known) => known === name);

/** Arguments of the commands. */
export interface PeopleCommandOptions {
  readonly node: NodeHandle;
  /** Prints a remark; `isFailure`: in the colour of failures. */
  readonly say: (text: string, isFailure?: boolean) => void;
  /** Examines this machine and its network, or the way to a peer. Null: the user left meanwhile. */
  readonly doctor?:
    ((peer: string | null) => Promise<Result<readonly Finding[], NodeError> | null>) | undefined;
}

/** Runs the commands about people. */
export class PeopleCommands {
  readonly #node: NodeHandle;
  readonly #say: PeopleCommandOptions['say'];
  readonly #doctor: PeopleCommandOptions['doctor'];
  /** Words of the examinations that run or wait. */
  readonly #examined = new Set<string>();
  #examinations: Promise<void> = Promise.resolve();

  constructor({ node, say, doctor }: PeopleCommandOptions) {
    this.#node = node;
    this.#say = say;
    this.#doctor = doctor;
  }

  /** Settles when every examination has ended. */
  examinations(): Promise<void> {
    return this.#examinations;
  }

  async run(name: PeopleCommandName, argument: string): Promise<void> {
    switch (name) {
      case 'accept':
        return this.#accept(argument);
      case 'reject':
        return this.#reject(argument);
      case 'requests':
        return this.#requests();
      case 'contact':
        return this.#contact(argument);
      case 'unread':
        return this.#unread();
      case 'outbox':
        return this.#outbox(argument);
      case 'doctor':
        return this.#diagnose(argument);
      case 'nickname':
        return this.#nickname(argument);
      default:
        return name satisfies never;
    }
  }

  /** Says which messages wait, for a user that leaves. */
  async farewell(): Promise<void> {
    const waiting = await waitingFor(this.#node, null);
    for (const line of waitLines(waiting.unwrapOr([]))) this.#say(line);
  }

  /** The first use for a changed key shows both codes; `yes` behind the name accepts the key. */
  async #accept(argument: string): Promise<void> {
    const [, word = '', isYes, fate = 'keep'] =
      /^(.*?)(?:\s+(yes)(?:\s+(send|keep|drop))?)?$/s.exec(argument) ?? [];
    if (word === '') return this.#say(catalogue().prompt.acceptMissing, true);
    if (isYes === undefined && (await this.#showsCodes(word))) return;
    const accepted = await this.#node.acceptContact(word);
    if (accepted.isErr()) return this.#fail(accepted.error);
    const { contact, replaced } = accepted.value;
    this.#say(catalogue().prompt.isAccepted(peerName(contact.peer)));
    for (const old of replaced) await this.#settle(old, contact.peer, fate);
  }

  async #settle(old: PeerEvent, fresh: PeerEvent, word: string): Promise<void> {
    const waiting = (await waitingFor(this.#node, old.id)).unwrapOr([]);
    if (waiting.length === 0) return;
    const fate = queuedFates.find((each) => each === word) ?? 'keep';
    const failure = await settleQueued(this.#node, old, fresh, waiting, fate);
    if (failure !== null) return this.#fail(failure);
    const sentence = fateSentence(fate, waiting.length, old, fresh);
    this.#say(fate === 'keep' ? catalogue().prompt.cancelWithdraws(sentence) : sentence);
  }

  /** Shows the codes of the old and the new key of a name. False: the name has one key. */
  async #showsCodes(word: string): Promise<boolean> {
    const fresh = await this.#node.contact(word);
    if (fresh.isErr()) return false;
    const contacts = (await this.#node.contacts()).unwrapOr([]);
    const isOld = ({ peer, standing }: ContactInfo): boolean =>
      standing === 'accepted' && peer.id !== fresh.value.peer.id && folded(peer) === folded(fresh.value.peer);
    const old = contacts.find(isOld);
    if (old === undefined || fresh.value.standing === 'accepted') return false;
    for (const { peer, hasKey } of [old, fresh.value]) {
      const safety = hasKey || peer.state !== 'offline' ? await this.#node.safety(peer.id) : null;
      if (safety?.isOk() === true) this.#say(safetyLines(safety.value, (text) => text));
      else this.#say(catalogue().prompt.keyNotSeen(peerName(peer)));
    }
    const waiting = (await waitingFor(this.#node, old.peer.id)).unwrapOr([]).length;
    const name = taggedWord(fresh.value.peer);
    const queued = waiting === 0 ? `/accept ${name} yes` : catalogue().prompt.acceptWaiting(name, waiting);
    this.#say(catalogue().prompt.ifConfirmed(escapeForTerminal(fresh.value.peer.name), queued, name));
    return true;
  }

  async #reject(word: string): Promise<void> {
    if (word === '') return this.#say(catalogue().prompt.rejectMissing, true);
    const rejected = await this.#node.rejectContact(word);
    if (rejected.isErr()) return this.#fail(rejected.error);
    this.#say(catalogue().prompt.isRejected(peerName(rejected.value.peer)));
  }

  async #requests(): Promise<void> {
    const rows = await this.#node.peers();
    if (rows.isErr()) return this.#fail(rows.error);
    const strangers = rows.value.filter(({ request }) => request === true);
    for (const peer of strangers)
      this.#say(catalogue().prompt.request(peerName(peer), peer.unread, taggedWord(peer)));
    if (strangers.length === 0) this.#say(catalogue().prompt.noRequest);
  }

  async #contact(word: string): Promise<void> {
    if (word === '') {
      const contacts = await this.#node.contacts();
      if (contacts.isErr()) return this.#fail(contacts.error);
      const known = contacts.value.filter(isKnown);
      return this.#say(
        known.length === 0
          ? catalogue().prompt.noContact
          : known.map(({ peer }) => peerName(peer)).join(', '),
      );
    }
    const contact = await this.#node.contact(word);
    if (contact.isErr()) return this.#fail(contact.error);
    const { peer, note, standing, muted } = contact.value;
    const facts = [standing, peer.verified ? 'verified' : 'unverified', muted ? 'muted' : '', note];
    this.#say(
      `${peerName(peer)}: ${facts
        .filter((fact) => fact !== '')
        .map((fact) => escapeForTerminal(fact))
        .join(', ')}`,
    );
  }

  /** Examines beside the lines that follow, since it takes many seconds. Two examinations would disturb each other. */
  #diagnose(peer: string): void {
    if (this.#examined.has(peer)) return this.#say(catalogue().prompt.stillExamining);
    this.#say(catalogue().prompt.examining);
    this.#examined.add(peer);
    this.#examinations = this.#examinations
      .then(() => this.#examine(peer))
      .catch((cause: unknown) => this.#say(escapeForTerminal(String(cause)), true))
      .finally(() => this.#examined.delete(peer));
  }

  /** Tells each finding that needs an action, with its remedy. */
  async #examine(peer: string): Promise<void> {
    const found = (await this.#doctor?.(peer === '' ? null : peer)) ?? null;
    if (found === null) return;
    if (found.isErr()) return this.#fail(found.error);
    for (const { check, ok, cause, remedy } of found.value)
      if (!ok) this.#say(escapeForTerminal(`${check}: ${cause} → ${remedy}`), true);
    this.#say(verdictOf(found.value));
  }

  async #unread(): Promise<void> {
    const conversations = await this.#node.unread();
    if (conversations.isErr()) return this.#fail(conversations.error);
    this.#say(unreadLine(conversations.value) ?? catalogue().prompt.nothingUnread);
  }

  async #outbox(argument: string): Promise<void> {
    const [verbWord = '', id] = argument.split(/\s+/u);
    const verb = outboxVerbs.find((each) => each === (verbWord === '' ? 'list' : verbWord));
    if (verb === undefined) return this.#say('/outbox [list|cancel|retry] [ID]', true);
    const waiting = await waitingFor(this.#node, null);
    if (waiting.isErr()) return this.#fail(waiting.error);
    const chosen = id === undefined ? waiting : withId(waiting.value, id);
    if (chosen.isErr())
      return this.#say(
        typeof chosen.error === 'string' ? chosen.error : lineOf(wordingOf(chosen.error)),
        true,
      );
    if (chosen.value.length === 0) return this.#say(catalogue().prompt.nothingWaits);
    if (verb === 'list') {
      for (const message of chosen.value) this.#say(waitingLine(message));
      for (const line of waitLines(chosen.value)) this.#say(line);
      return;
    }
    for await (const done of changeWaiting(this.#node, verb, chosen.value)) {
      if (done.isErr()) return this.#fail(done.error);
      const { length: count } = done.value.statuses;
      this.#say(
        verb === 'cancel' ? catalogue().prompt.withdrawn(count) : catalogue().prompt.tryingAgain(count),
      );
    }
  }

  async #nickname(name: string): Promise<void> {
    if (name === '') return this.#say(catalogue().prompt.nicknameMissing, true);
    const self = await parseOwnName(name).asyncAndThen((chosen) => this.#node.rename(chosen));
    if (self.isErr()) return this.#fail(self.error);
    const removed = invisibleRemark(name);
    if (removed !== null) this.#say(removed, true);
    return this.#say(catalogue().prompt.nowCalled(escapeName(self.value.name)));
  }

  #fail(error: NodeError): void {
    this.#say(lineOf(wordingOf(error)), true);
  }
}
