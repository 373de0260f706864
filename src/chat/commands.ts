/**
 * The commands of users. A command that names a peer runs once the peer is found; an address is dialled first, and
 * the command waits for the answer.
 *
 *   asked ─► found, or native.ask … answered ─► carried out ─► answer to the caller
 */
import { err, ok, type Result } from 'neverthrow';
import { unreachable } from '../exhaustive.js';
import type { RuntimeError } from '../runtime/errors.js';
import type { PeerId } from '../ids.js';
import { formatAddress, type Address } from '../wire/address.js';
import { fromHex } from '../wire/bytes.js';
import type { AskedInput, CallOf, Commands, FindFailure } from './asked.js';
import type { SafetyInfo } from './contract.js';
import type { EntryAnswer } from './delivery/effects.js';
import { OperationDesk } from './operating.js';
import { refusalOfText } from './delivery/texts.js';
import { setBlocked, type CoreTurn, type Parts } from './parts.js';
import type { TransferDesk } from './transfers.js';
import { addressedId } from './people/name.js';
import { isProvable } from './people/capabilities.js';
import { isNativeId, isSameSafetyNumber } from './people/identity.js';
import { isNobodyThere, provedThere } from './routes/addressed.js';
import type { AddressAnswer } from './routes/live-session.js';
import type { RouteReport } from './routes/route.js';
import { answer, logLine, type CallId, type Token } from './turn.js';

type CommandNaming<N extends keyof Commands> = Extract<AskedInput, { readonly name: N }>;
/** Commands that name a peer. */
type PeerCommand = CommandNaming<
  | 'send'
  | 'offerFiles'
  | 'page'
  | 'safety'
  | 'verify'
  | 'block'
  | 'disconnect'
  | 'foreignConnect'
  | 'foreignLeave'
>;

/** A safety number that is being computed. */
interface Comparison {
  readonly peerId: PeerId;
  readonly command: CommandNaming<'safety' | 'verify'>;
}

/** Runs commands, and keeps those that wait for an address or a safety number. */
export class CommandDesk {
  readonly operations: OperationDesk;
  readonly #parts: Parts;
  readonly #transfers: TransferDesk;
  /** Commands that wait to learn which peer is at an address. */
  readonly #waiting = new Map<string, PeerCommand[]>();
  /** Comparisons that wait for the key of a peer, by the address where the peer is announced. */
  readonly #lookups = new Map<string, readonly Comparison[]>();
  readonly #pages = new Map<Token, CallOf<'page'>>();
  readonly #comparisons = new Map<Token, Comparison>();

  constructor(parts: Parts, transfers: TransferDesk) {
    this.#parts = parts;
    this.#transfers = transfers;
    this.operations = new OperationDesk(parts);
  }

  /** Finds the peer and carries the command out. Returns what routes report. */
  peerCommand(command: PeerCommand, turn: CoreTurn): readonly RouteReport[] {
    const { people, native } = this.#parts;
    if (command.name === 'send') {
      const refusal = firstRefusal(command.body.messages.map(({ text }) => text));
      if (refusal !== null) {
        turn.emit(answer(command.call, err(refusal)));
        return [];
      }
    }
    const word = command.body.peer;
    if (word === null) return this.#withoutPeer(command, turn);
    const meant = people.meantBy(word);
    if (meant.isErr()) return refuse(command, meant.error, turn);
    if (typeof meant.value === 'string') {
      this.#parts.foreign.addressed(meant.value, word, turn);
      return this.#carryOut(command, meant.value, turn);
    }
    const address = meant.value;
    const typed = formatAddress(address);
    const here = people.peerAt((live) => formatAddress(live) === typed);
    if (here !== null) return this.#carryOut(command, here, turn);
    this.#waiting.set(typed, [...(this.#waiting.get(typed) ?? []), command]);
    native.ask(address, turn);
    return [];
  }

  /** Sends a greeting that no caller waits for, to a peer of a foreign program. */
  greet(peer: string, text: string, turn: CoreTurn): void {
    const { people, delivery } = this.#parts;
    const messages = [{ id: turn.newMessageId(), text }];
    const queued = people
      .meantBy(peer)
      .andThen((peerId) =>
        typeof peerId === 'string'
          ? delivery.send({ peerId, messages, via: null, call: nobody }, turn)
          : err({ code: 'chat/unknown-peer', peer } as const),
      );
    if (queued.isErr()) turn.emit(logLine('warn', 'greeting-failed', { peer, code: queued.error.code }));
  }

  /** Runs the commands that waited for these addresses. */
  addressesAnswered(answers: readonly AddressAnswer[], turn: CoreTurn): readonly RouteReport[] {
    return answers.flatMap(({ address, found }) => {
      const typed = formatAddress(address);
      const waiting = this.#waiting.get(typed) ?? [];
      this.#waiting.delete(typed);
      const peer = this.#peerFound(address, found);
      const absent = typeof found === 'string' || !isNobodyThere(found) ? null : this.#absentAt(address);
      for (const lookup of this.#takeLookups(typed)) this.#keyFound(lookup, peer, turn);
      return waiting.flatMap((command) =>
        peer.match(
          (peerId) => this.#carryOut(command, peerId, turn),
          (failure) =>
            absent !== null && waitsAtAddress(command)
              ? this.#carryOut(command, absent, turn)
              : refuse(command, failure, turn),
        ),
      );
    });
  }

  /** Returns the peer for which messages to an address wait: the contact that was there, or the address itself. */
  #absentAt(address: Address): PeerId | null {
    const { people } = this.#parts;
    return provedThere(people, address) ?? addressedId(address);
  }

  #takeLookups(typed: string): readonly Comparison[] {
    const lookups = this.#lookups.get(typed) ?? [];
    this.#lookups.delete(typed);
    return lookups;
  }

  /** Goes on with a comparison, once the announced peer was dialled for its key. */
  #keyFound({ command, peerId }: Comparison, found: Result<PeerId, FindFailure>, turn: CoreTurn): void {
    if (found.isErr()) turn.emit(answer(command.call, err(found.error)));
    else this.#compare(command, peerId, turn, found.value === peerId);
  }

  /** Answers a page of the history. False: no user asked for it. */
  pageRead(token: Token, result: Extract<EntryAnswer, { type: 'page' }>['result'], turn: CoreTurn): boolean {
    const call = this.#pages.get(token);
    if (call === undefined) return false;
    this.#pages.delete(token);
    turn.emit(answer(call, result));
    return true;
  }

  /** Answers with a computed safety number. */
  computed(token: Token, number: Result<string, RuntimeError>, turn: CoreTurn): void {
    const comparison = this.#comparisons.get(token);
    if (comparison === undefined) return;
    this.#comparisons.delete(token);
    const { peerId, command } = comparison;
    if (number.isErr()) turn.emit(answer(command.call, err(number.error)));
    else if (command.name === 'safety')
      turn.emit(answer(command.call, ok(this.#safety(peerId, number.value))));
    else this.#verify(peerId, number.value, command, turn);
  }

  /** Answers with the figures of the core. */
  count(call: CallOf<'counts'>, turn: CoreTurn): readonly [] {
    const { native, foreign } = this.#parts;
    turn.emit(answer(call, ok({ malformed: foreign.malformed(), unknownKinds: native.unknownKinds() })));
    return [];
  }

  #carryOut(command: PeerCommand, peerId: PeerId, turn: CoreTurn): readonly RouteReport[] {
    const { people, native, foreign } = this.#parts;
    switch (command.name) {
      case 'send':
        this.#send(command, peerId, turn);
        return [];
      case 'offerFiles':
        this.#transfers.offer(peerId, command.body, command.call, turn);
        return [];
      case 'page':
        this.#page(command, { ...command.body.query, peerId }, turn);
        return [];
      case 'safety':
      case 'verify':
        this.#compare(command, peerId, turn);
        return [];
      case 'block': {
        setBlocked(this.#parts, peerId, command.body.blocked, turn);
        turn.emit(answer(command.call, ok(people.row(peerId))));
        return [];
      }
      case 'disconnect':
        native.end(peerId, turn);
        if (isNativeId(peerId)) turn.emit(answer(command.call, ok(null)));
        else foreign.disconnect(peerId, command.call, turn);
        return [];
      case 'foreignConnect':
        return foreign.connect(peerId, command.body.isManual, command.call, turn);
      case 'foreignLeave':
        foreign.leaveOne(peerId, command.call, turn);
        return [];
      default:
        return unreachable(command);
    }
  }

  /** Runs the two commands that may name no peer. */
  #withoutPeer(command: PeerCommand, turn: CoreTurn): readonly RouteReport[] {
    if (command.name === 'page') this.#page(command, command.body.query, turn);
    if (command.name === 'foreignLeave')
      this.#parts.foreign.leaveAll(command.body.dialect, command.call, turn);
    return [];
  }

  #send({ body: { messages, via }, call }: CommandNaming<'send'>, peerId: PeerId, turn: CoreTurn): void {
    const { people, native, delivery } = this.#parts;
    const queued = delivery.send({ peerId, messages, via, call }, turn);
    if (queued.isErr()) turn.emit(answer(call, err(queued.error)));
    else if (people.trust(peerId, turn)) native.known.announce(turn);
  }

  #page(
    { call }: CommandNaming<'page'>,
    query: CommandNaming<'page'>['body']['query'],
    turn: CoreTurn,
  ): void {
    const token = turn.newToken();
    this.#pages.set(token, call);
    turn.emit({ to: 'history', token, ask: { type: 'page', query } });
  }

  /** Computes a safety number. `isAsked`: the address of the peer was dialled for its key already. */
  #compare(command: Comparison['command'], peerId: PeerId, turn: CoreTurn, isAsked = false): void {
    const { people, native, own } = this.#parts;
    const idKeyHex = people.contact(peerId)?.idKeyHex ?? '';
    if (idKeyHex === '') {
      // Before a handshake no key is known to compare.
      const [address] = isAsked || !isProvable(peerId) ? [] : people.addresses(peerId);
      if (address === undefined) {
        turn.emit(answer(command.call, err({ code: 'chat/unknown-peer', peer: command.body.peer })));
        return;
      }
      const typed = formatAddress(address);
      this.#lookups.set(typed, [...(this.#lookups.get(typed) ?? []), { command, peerId }]);
      native.ask(address, turn);
      return;
    }
    const token = turn.newToken();
    // The peer is fixed now, since its name may pass to another one while the number is computed.
    this.#comparisons.set(token, { peerId, command });
    turn.emit({ to: 'jobs', token, ownIdKey: own.idKey, peerIdKey: fromHex(idKeyHex) });
  }

  #verify(peerId: PeerId, number: string, { body, call }: CommandNaming<'verify'>, turn: CoreTurn): void {
    const { people, native } = this.#parts;
    if (body.code !== null && !isSameSafetyNumber(body.code, number)) {
      turn.emit(answer(call, err({ code: 'chat/code-mismatch', peer: people.name(peerId) })));
      return;
    }
    people.verify(peerId, turn);
    if (people.trust(peerId, turn)) native.known.announce(turn);
    turn.emit(answer(call, ok({ ...this.#safety(peerId, number), verified: true })));
  }

  #safety(peerId: PeerId, code: string): SafetyInfo {
    const { people } = this.#parts;
    return { peer: people.row(peerId), code, verified: people.isVerified(peerId) };
  }

  /** Returns the peer at a typed address. A contact that was proved there before must be the one that answers now. */
  #peerFound(address: Address, found: AddressAnswer['found']): Result<PeerId, FindFailure> {
    const typed = formatAddress(address);
    if (typeof found === 'string') return this.#parts.people.sameAsBefore(found, typed);
    return err(found.code === 'session/own-identity' ? { code: 'chat/own-address', address: typed } : found);
  }
}

function refuse(
  { call }: { readonly call: CallId<never, FindFailure> },
  failure: FindFailure,
  turn: CoreTurn,
): readonly RouteReport[] {
  turn.emit(answer(call, err(failure)));
  return [];
}

/** Messages wait where nobody answers, and those that wait can be read. */
const waitsAtAddress = ({ name }: PeerCommand): boolean => name === 'send' || name === 'page';

/** A call without a caller. */
const nobody = { callId: 0 } as const;

function firstRefusal(texts: readonly string[]) {
  for (const text of texts) {
    const refusal = refusalOfText(text);
    if (refusal !== null) return refusal;
  }
  return null;
}
