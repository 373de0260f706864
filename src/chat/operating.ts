/**
 * Operations of users on messages: a reply, an edit, a deletion, a reaction. The history finds the message that a word
 * names; then the operation is queued like a text, or a message that was never said is changed in place.
 *
 *   asked ─► find … found ─► append (delivery) ─► answer       never said, or for this user alone: rewrite … answer
 */
import { err, ok } from 'neverthrow';
import { isEmoji } from '../dialects/emoji.js';
import { feature } from '../wire/features.js';
import { unreachable } from '../exhaustive.js';
import { parseMessageId, type MessageId, type PeerId } from '../ids.js';
import type { AskedInput, CallOf, SendFailure } from './asked.js';
import { operation as ttl } from '../dialects/limits.js';
import type { Operation } from './contract.js';
import type { EntryAnswer } from './delivery/effects.js';
import { wordsOf, type Content, type Entry, type Found, type MessageWord } from './delivery/entry.js';
import { status } from './delivery/transcript.js';
import { refusalOfText } from './delivery/texts.js';
import type { ChatError } from './errors.js';
import { plainForm } from './operations/plain-forms.js';
import type { CoreTurn, Parts } from './parts.js';
import { abilityOf, isProvable } from './people/capabilities.js';
import { answer, type Token } from './turn.js';

type OperateInput = Extract<AskedInput, { readonly name: 'operate' }>;
type SetTimerInput = Extract<AskedInput, { readonly name: 'setTimer' }>;
/** The commands of this desk. */
export type OperationInput = Extract<AskedInput, { readonly name: 'operate' | 'timer' | 'setTimer' }>;

/** Whether a call is a command of this desk. */
export const isOperationInput = (input: AskedInput): input is OperationInput =>
  input.name === 'operate' || input.name === 'timer' || input.name === 'setTimer';

type DeskAnswer = Extract<EntryAnswer, { readonly type: 'find' | 'rewrite' }>;

/** A change in place that is being committed. */
interface Rewrite {
  readonly target: Entry;
  /** New text; null: the message is removed. */
  readonly text: string | null;
  readonly isHere: boolean;
  readonly call: CallOf<'operate'>;
}

/** Runs these commands, and keeps those that wait for the history. */
export class OperationDesk {
  readonly #parts: Parts;
  readonly #finds = new Map<Token, OperateInput>();
  readonly #rewrites = new Map<Token, Rewrite>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Looks for the message that the command names, or reads or sets the timer of a conversation. */
  command(input: OperationInput, turn: CoreTurn): readonly [] {
    if (input.name === 'timer') {
      const { people, delivery } = this.#parts;
      const found = people.known(input.body.peer).map((peerId) => ({
        peer: people.name(peerId),
        peerId,
        seconds: delivery.expiry.secondsWith(peerId),
      }));
      turn.emit(answer(input.call, found));
      return [];
    }
    const failure = input.name === 'setTimer' ? this.#setTimer(input, turn) : this.#look(input, turn);
    if (failure !== null) turn.emit(answer(input.call, err(failure)));
    return [];
  }

  #setTimer({ body, call }: SetTimerInput, turn: CoreTurn): SendFailure | null {
    const { people, native, delivery } = this.#parts;
    const { seconds } = body;
    if (seconds !== 0 && (seconds < ttl.ttlSecondsMin || seconds > ttl.ttlSecondsMax))
      return { code: 'message/timer-invalid', seconds };
    const found = people.known(body.peer);
    if (found.isErr()) return found.error;
    const peerId = found.value;
    // Before the first handshake nobody knows what the peer can, and a timer would count on this side alone.
    if (this.#abilityOf(peerId, feature.timers) !== 'can')
      return { code: 'chat/peer-cannot', peer: people.name(peerId), what: 'messages that disappear' };
    const words = { id: body.id, text: '', content: { type: 'timer', seconds } } as const;
    const queued = delivery.send({ peerId, messages: [words], via: null, call }, turn);
    if (queued.isErr()) return queued.error;
    if (people.trust(peerId, turn)) native.known.announce(turn);
    return null;
  }

  #look(input: OperateInput, turn: CoreTurn): ChatError | null {
    const { peer, word, operation } = input.body;
    const refusal = refusalOf(operation);
    const named = messageWordOf(word);
    if (refusal !== null) return refusal;
    if (named === null) return { code: 'message/unknown', id: word };
    const found = peer === null ? ok(null) : this.#parts.people.known(peer);
    if (found.isErr()) return found.error;
    const token = turn.newToken();
    this.#finds.set(token, input);
    const emoji = operation.do === 'react' ? operation.emoji : '';
    turn.emit({ to: 'history', token, ask: { type: 'find', peerId: found.value, word: named, emoji } });
    return null;
  }

  /** Takes an answer of the history. */
  answered(token: Token, stored: DeskAnswer, turn: CoreTurn): void {
    if (stored.type === 'rewrite') return this.#rewritten(token, stored.result, turn);
    const input = this.#finds.get(token);
    this.#finds.delete(token);
    if (input === undefined) return;
    const { call, body } = input;
    if (stored.result.isErr()) return turn.emit(answer(call, err(stored.result.error)));
    const [found, other] = stored.result.value;
    const failure: ChatError | null =
      found === undefined
        ? { code: 'message/unknown', id: body.word }
        : other !== undefined
          ? { code: 'message/ambiguous', id: body.word }
          : this.#refusal(found.entry, body.operation);
    // A request that comes again after a crash finds its work done, and what it left may wait unnoticed.
    if (failure?.code === 'message/deleted' && found !== undefined)
      this.#parts.delivery.look(found.entry.peerId, turn);
    if (failure !== null || found === undefined)
      return turn.emit(answer(call, err(failure ?? { code: 'message/unknown', id: body.word })));
    this.#operate(found, input, turn);
  }

  /** Returns why the operation cannot be done on this message; null: it can. */
  #refusal({ id, direction, peerId, revised }: Entry, operation: Operation): ChatError | null {
    const { people } = this.#parts;
    const isForMe = operation.do === 'delete' && operation.forMe === true;
    if (isForMe) return null;
    const peer = people.name(peerId);
    if (people.isBlocked(peerId)) return { code: 'chat/blocked', peer };
    const isOwn = operation.do === 'edit' || operation.do === 'delete';
    if (isOwn && direction === 'in') return { code: 'message/not-yours', id };
    if (revised?.isDeleted === true) return { code: 'message/deleted', id };
    if (operation.do === 'react' && this.#abilityOf(peerId) === 'cannot')
      return { code: 'chat/peer-cannot', peer, what: 'reactions' };
    return null;
  }

  #operate(found: Found, { body: { operation }, call }: OperateInput, turn: CoreTurn): void {
    const { entry } = found;
    switch (operation.do) {
      case 'reply': {
        const { text, id } = operation;
        const content = { type: 'text', text, replyTo: entry.id } as const;
        return this.#queue(entry, content, call, turn, parsedId(id));
      }
      case 'edit': {
        // A request that comes again after a restart finds its change made: no operation is left to send.
        if (wordsOf(entry.content) === operation.text) {
          this.#parts.delivery.look(entry.peerId, turn);
          return unchanged(entry, call, turn);
        }
        if (this.#isUnsaid(entry)) return this.#rewrite(entry, operation.text, false, call, turn);
        if (found.nextEdit === null) return tooOften(entry.id, call, turn);
        const { text } = operation;
        const content = { type: 'edit', target: entry.id, revision: found.nextEdit, text } as const;
        return this.#queue(entry, content, call, turn);
      }
      case 'delete': {
        const isHere = operation.forMe === true;
        const isAlone = isHere || this.#isUnsaid(entry) || this.#abilityOf(entry.peerId) === 'cannot';
        if (isAlone) return this.#rewrite(entry, null, isHere, call, turn);
        return this.#queue(entry, { type: 'delete', target: entry.id }, call, turn);
      }
      case 'react': {
        if (found.nextReaction === null) return tooOften(entry.id, call, turn);
        const { emoji, on: isOn = true } = operation;
        const revision = found.nextReaction;
        return this.#queue(entry, { type: 'reaction', target: entry.id, revision, emoji, isOn }, call, turn);
      }
      default:
        return unreachable(operation);
    }
  }

  #queue(
    target: Entry,
    content: Content,
    call: CallOf<'operate'>,
    turn: CoreTurn,
    id: MessageId | null = null,
  ): void {
    const quoted = wordsOf(target.content) ?? '';
    const text = plainForm(content, quoted, isProvable(target.peerId) ? 'older' : 'foreign') ?? '';
    const words = { id: id ?? turn.newMessageId(), text, content, quoted };
    const sending = { peerId: target.peerId, messages: [words], via: null, call };
    const queued = this.#parts.delivery.send(sending, turn);
    if (queued.isErr()) turn.emit(answer(call, err(queued.error)));
    else if (this.#parts.people.trust(target.peerId, turn)) this.#parts.native.known.announce(turn);
  }

  #rewrite(
    target: Entry,
    text: string | null,
    isHere: boolean,
    call: CallOf<'operate'>,
    turn: CoreTurn,
  ): void {
    const { peerId, seq } = target;
    const token = turn.newToken();
    this.#rewrites.set(token, { target, text, isHere, call });
    turn.emit({ to: 'history', token, ask: { type: 'rewrite', peerId, seq, text, isHere } });
  }

  #rewritten(
    token: Token,
    result: Extract<DeskAnswer, { readonly type: 'rewrite' }>['result'],
    turn: CoreTurn,
  ): void {
    const rewrite = this.#rewrites.get(token);
    this.#rewrites.delete(token);
    if (rewrite === undefined) return;
    const { target, text, isHere, call } = rewrite;
    const isDeleted = text === null;
    if (result.isErr()) return turn.emit(answer(call, err(result.error)));
    const { peerId, id, state, peer, conversation, direction, seq } = target;
    this.#parts.delivery.rewritten(peerId, result.value, turn);
    const at = new Date(turn.now.wallMs).toISOString();
    const common = { seq, id, target: id, direction, peer, peerId, conversation, at };
    // Nobody else has seen the first text, so the edit has no number.
    turn.emit({
      to: 'feed',
      event: isDeleted ? { type: 'delete', ...common } : { type: 'edit', ...common, text, rev: 0 },
    });
    const wasWaiting = result.value.cancelled.includes(id);
    const reached = isDeleted && wasWaiting ? 'failed' : state;
    const reason = !isDeleted || isHere ? null : wasWaiting ? 'withdrawn' : 'the peer keeps it';
    const answered = { ...status(id, peer, reached), ...(reason === null ? {} : { reason }) };
    turn.emit(answer(call, ok([answered])));
  }

  #isUnsaid = (entry: Entry): boolean =>
    entry.direction === 'out' && entry.state === 'queued' && this.#parts.delivery.isUnsaid(entry);

  #abilityOf = (peerId: PeerId, bit: number = feature.messageOperations) =>
    abilityOf(peerId, this.#parts.people.contact(peerId), bit);
}

function refusalOf(operation: Operation): ChatError | null {
  switch (operation.do) {
    case 'reply':
      if (operation.id !== undefined && parsedId(operation.id) === null)
        return { code: 'message/id-invalid', detail: `"${operation.id}" is not a UUID in lower case` };
      return refusalOfText(operation.text);
    case 'edit':
      return refusalOfText(operation.text);
    case 'react':
      return isEmoji(operation.emoji) ? null : { code: 'message/emoji-invalid', emoji: operation.emoji };
    case 'delete':
      return null;
    default:
      return unreachable(operation);
  }
}

function unchanged({ id, peer, state }: Entry, call: CallOf<'operate'>, turn: CoreTurn): void {
  turn.emit(answer(call, ok([status(id, peer, state)])));
}

function tooOften(id: MessageId, call: CallOf<'operate'>, turn: CoreTurn): void {
  turn.emit(answer(call, err({ code: 'message/changed-too-often', id })));
}

const parsedId = (id: string | undefined): MessageId | null =>
  id === undefined ? null : parseMessageId(id).unwrapOr(null);

/**
 * Reads a word that names a message: an id, the last four or more characters of one, `^1` for the last own
 * one or `@1` for the last received one.
 */
export function messageWordOf(word: string): MessageWord | null {
  const id = parsedId(word.toLowerCase());
  if (id !== null) return { by: 'id', id };
  const [, sign, back] = /^([\^@])([1-9][0-9]{0,5})$/.exec(word) ?? [];
  if (back !== undefined) return { by: 'place', direction: sign === '^' ? 'out' : 'in', back: Number(back) };
  const hex = word.toLowerCase().replaceAll('-', '');
  return /^[0-9a-f]{4,31}$/.test(hex) ? { by: 'tail', hex } : null;
}
