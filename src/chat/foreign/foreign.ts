/**
 * Foreign programs as routes: the interface of this folder to the core. Reports go to delivery like those of native
 * sessions. Lists, greetings and goodbyes, which only foreign programs have, are methods here.
 */
import type { Result } from 'neverthrow';
import type { ForeignDialectName } from '../../dialects/dialect.js';
import { synergyGreeting } from '../../dialects/synergy/peers.js';
import { unreachable } from '../../exhaustive.js';
import type { ChatError, DialError } from '../errors.js';
import type { DialectError } from '../../dialects/errors.js';
import type { RuntimeError } from '../../runtime/errors.js';
import type { ConnectionId, MessageId, PeerId, SessionId } from '../../ids.js';
import type { Address } from '../../wire/address.js';
import type { ForeignPeerInfo, SendViaOptions } from '../contract.js';
import type { Carriage, HeardCall, Route, RouteOrder, RouteReport } from '../routes/route.js';
import type { CallId } from '../turn.js';
import * as commands from './commands.js';
import * as connections from './connections.js';
import type { ForeignDue } from './effects.js';
import * as hearing from './hearing.js';
import { foreignRoutes as limits } from './limits.js';
import { allowedDialect } from './peers.js';
import { agePeers, listPeers } from './presence.js';
import { marked, openRoute, refused, sayEntries, sent } from './sending.js';
import { abort, release } from './standing.js';
import { tellCutOff, tellUnheard } from './telling.js';
import {
  newForeignState,
  standingConnection,
  type ForeignArgs,
  type ForeignFailure,
  type ForeignInput,
  type ForeignState,
  type ForeignTurn,
  type HeardWords,
} from './state.js';

/** The foreign routes of a node. */
export class ForeignRoutes implements Route<ForeignTurn> {
  readonly #state: ForeignState;

  constructor(args: ForeignArgs, own: Parameters<typeof newForeignState>[1]) {
    this.#state = newForeignState(args, own);
  }

  /** Begins to age peers where foreign programs are switched on at all. */
  start(turn: ForeignTurn): void {
    if (this.#state.args.enabled.size > 0) this.due({ type: 'age' }, turn);
  }

  /** Notes the ports of this side, which foreign programs get to know. */
  listening(nativePort: number, ports: ReadonlyMap<ForeignDialectName, number>): void {
    this.#state.nativePort = nativePort;
    for (const [dialect, port] of ports) this.#state.ports.set(dialect, port);
  }

  // The contract of a route.

  admit(
    peerId: PeerId,
    texts: readonly string[],
    via: SendViaOptions | null,
    turn: ForeignTurn,
  ): Result<Carriage, ChatError | DialectError> {
    return commands.admit(this.#state, peerId, texts, via, turn);
  }

  queued(_peerId: PeerId, ids: readonly MessageId[], { privateNumber }: Carriage): void {
    if (privateNumber === null) return;
    for (const id of ids) this.#state.privateNumbers.set(id, privateNumber);
  }

  carry(order: RouteOrder, turn: ForeignTurn): readonly RouteReport[] {
    const { peerId } = order;
    switch (order.type) {
      case 'open':
        return this.#with(openRoute(this.#state, peerId, turn));
      case 'utter':
        // A foreign program confirms nothing, so an entry that the socket has not taken yet must not be sent twice.
        if (!order.isAgain) sayEntries(this.#state, peerId, order.entries, turn);
        return this.#with([]);
      case 'close': {
        // Nothing is ever confirmed, so silence does not show that a connection is dead.
        return [];
      }
      case 'settled':
        marked(this.#state, peerId, order.ids, turn);
        return [];
      case 'refuse':
        // A foreign program never repeats a text, so its connection goes on.
        return [];
      default:
        return unreachable(order);
    }
  }

  // Reports of connections.

  accepted(
    connectionId: ConnectionId,
    dialect: ForeignDialectName,
    address: Address,
    turn: ForeignTurn,
  ): readonly RouteReport[] {
    return this.#with(connections.accepted(this.#state, connectionId, dialect, address, turn));
  }

  /** Takes a connection that was dialled. False: it was not dialled for a foreign program. */
  dialled = (connectionId: ConnectionId, turn: ForeignTurn, ownHost = ''): boolean =>
    connections.dialled(this.#state, connectionId, turn, ownHost);

  /** Takes the failure of a dial. Null: it was not made for a foreign program. */
  dialFailed = (
    connectionId: ConnectionId,
    error: DialError | RuntimeError,
    turn: ForeignTurn,
  ): readonly RouteReport[] | null => connections.dialFailed(this.#state, connectionId, error, turn);

  /** Takes a report of the actor of a connection. */
  reported(input: ForeignInput, turn: ForeignTurn): readonly RouteReport[] {
    const { sessionId } = input;
    switch (input.type) {
      case 'foreignRunning': {
        const live = this.#state.connections.get(sessionId);
        if (live !== undefined) live.isRunning = true;
        return [];
      }
      case 'foreignReading':
        hearing.reading(this.#state, sessionId);
        return [];
      case 'foreignUp':
        return this.#with(connections.up(this.#state, sessionId, input.isTextToCome, turn));
      case 'foreignSent':
        return this.#with(sent(this.#state, sessionId, input.token, turn));
      case 'foreignRefused':
        return this.#with(refused(this.#state, sessionId, input.token, input.error, turn));
      case 'foreignDown':
        return this.#with(hearing.down(this.#state, sessionId, input.end, turn));
      default:
        return unreachable(input);
    }
  }

  heard(
    sessionId: SessionId,
    words: readonly HeardWords[],
    call: HeardCall,
    turn: ForeignTurn,
  ): readonly RouteReport[] {
    return this.#with(hearing.heard(this.#state, sessionId, words, call, turn));
  }

  turnedAway(address: Address, dialect: ForeignDialectName, turn: ForeignTurn): void {
    tellCutOff(this.#state, dialect, address, turn);
  }

  unheard(host: string, isOff: boolean, turn: ForeignTurn): void {
    tellUnheard(this.#state, host, isOff, turn);
  }

  slotWanted(connectionId: ConnectionId, turn: ForeignTurn): void {
    connections.slotWanted(this.#state, connectionId, turn);
  }

  due(due: ForeignDue, turn: ForeignTurn): readonly RouteReport[] {
    switch (due.type) {
      case 'release':
        return this.#with(hearing.releaseDue(this.#state, turn));
      case 'expire':
        return commands.expire(this.#state, due.peerId, due.ids, turn);
      case 'age':
        turn.emit({ to: 'self', afterMs: limits.ageEveryMs, due });
        agePeers(this.#state, turn);
        return [];
      default:
        return unreachable(due);
    }
  }

  // Commands of users.

  /** Errors: `chat/secure-only`, `chat/dialect-off`. */
  list(dialect: ForeignDialectName): Result<readonly ForeignPeerInfo[], ChatError> {
    return allowedDialect(this.#state, dialect).map(() => listPeers(this.#state, dialect));
  }

  connect(
    peerId: PeerId,
    isManual: boolean,
    call: CallId<null, ForeignFailure>,
    turn: ForeignTurn,
  ): readonly RouteReport[] {
    commands.connect(this.#state, peerId, isManual, call, turn);
    return this.#with([]);
  }

  leaveOne(peerId: PeerId, call: CallId<null, ForeignFailure>, turn: ForeignTurn): void {
    commands.leaveOne(this.#state, peerId, call, turn);
  }

  leaveAll(dialect: ForeignDialectName, call: CallId<null, ChatError>, turn: ForeignTurn): void {
    commands.leaveAll(this.#state, dialect, call, turn);
  }

  farewell(call: CallId<null, never>, turn: ForeignTurn): void {
    commands.farewell(this.#state, call, turn);
  }

  /** Ends the conversation with a peer as its dialect does, after the waiting texts. */
  disconnect(peerId: PeerId, call: CallId<null, ForeignFailure>, turn: ForeignTurn): void {
    commands.disconnect(this.#state, peerId, call, turn);
  }

  /** Notes the form to speak in, which the word for a peer may name. */
  addressed(peerId: PeerId, word: string, turn: ForeignTurn): void {
    commands.addressed(this.#state, peerId, word, turn);
  }

  /** Stops sending to a blocked peer. */
  blocked(peerId: PeerId, turn: ForeignTurn): void {
    commands.stopSending(this.#state, peerId, turn);
    const live = standingConnection(this.#state, peerId);
    if (live !== undefined) abort(live, turn);
  }

  /** Ends every open conversation in the way of its dialect: a peer with one sees that we are here. */
  closeConversations(turn: ForeignTurn): void {
    for (const sessionId of this.#state.standing.values()) {
      const live = this.#state.connections.get(sessionId);
      if (live !== undefined) release(this.#state, live, turn);
    }
  }

  /** Sends the new name of this side to the peers of open conversations. */
  renamed(name: string, turn: ForeignTurn): void {
    const { instance, standing } = this.#state;
    this.#state.name = name;
    for (const sessionId of standing.values()) {
      const utterance = { type: 'profile', name, instance } as const;
      turn.emit({ to: 'foreign', say: 'utter', sessionId, token: 0, utterance });
    }
  }

  /** synergy greets its mandatory peers once, when it can be reached itself. Returns the peers, as PEER words. */
  takeGreetings(): { readonly peers: readonly string[]; readonly text: string } {
    const isDue = !this.#state.isGreeted && allowedDialect(this.#state, 'synergy').isOk();
    this.#state.isGreeted = true;
    const peers = isDue ? this.#state.args.greet : [];
    return { peers: peers.map(({ host, port }) => `synergy://${host}:${port}`), text: synergyGreeting };
  }

  ports = (): ReadonlyMap<ForeignDialectName, number> => this.#state.ports;

  /** Counts the connections that ended because of malformed input, by dialect. */
  malformed = (): Readonly<Record<string, number>> => Object.fromEntries(this.#state.malformed);

  /** Adds the peers that were forgotten in favour of others in this turn. */
  #with(reports: readonly RouteReport[]): readonly RouteReport[] {
    const { evicted } = this.#state;
    this.#state.evicted = [];
    return [...reports, ...evicted.map((peerId): RouteReport => ({ type: 'forgotten', peerId }))];
  }
}
