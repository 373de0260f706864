/**
 * A core by itself: inputs go in, the lists of effects come out, and time is a number. Peers are keys; messages of
 * their nodes are inputs.
 */
import assert from 'node:assert/strict';
import { ok } from 'neverthrow';
import type { AskedInput, Asked, AskedName } from '../../src/chat/asked.js';
import { Core, type Stored } from '../../src/chat/core.js';
import type { EntryAsk } from '../../src/chat/delivery/effects.js';
import type { Appended, Entry, NewEntry } from '../../src/chat/delivery/entry.js';
import type { Effect, Input, StoredAnswer } from '../../src/chat/effects.js';
import type { NodeEvent } from '../../src/chat/events.js';
import { peerIdOf } from '../../src/chat/people/identity.js';
import type { Presence } from '../../src/chat/people/presence.js';
import type { ContactAsk } from '../../src/chat/people/effects.js';
import type { Token } from '../../src/chat/turn.js';
import {
  messageIdFromBytes,
  parseConnectionId,
  parseSessionId,
  type ConnectionId,
  type MessageId,
  type PeerId,
  type SessionId,
} from '../../src/ids.js';
import type { PeerProof, Resumption } from '../../src/session/contract.js';
import { TicketBook } from '../../src/session/tickets.js';

/** One peer, by its number. Greater numbers have greater keys. */
export interface ScenePeer {
  readonly idKey: Uint8Array;
  readonly peerId: PeerId;
  readonly name: string;
  readonly host: string;
}

export function scenePeer(number: number): ScenePeer {
  const idKey = new Uint8Array(32).fill(number);
  return { idKey, peerId: peerIdOf(idKey), name: `peer${number}`, host: `10.0.0.${number}` };
}

export const own = scenePeer(100);

export const connection = (text: string): ConnectionId => parseConnectionId(text)._unsafeUnwrap();
export const session = (text: string): SessionId => parseSessionId(text)._unsafeUnwrap();

export function messageId(number: number): MessageId {
  const bytes = new Uint8Array(16);
  bytes[15] = number;
  return messageIdFromBytes(bytes);
}

export const proofOf = (
  { idKey }: ScenePeer,
  {
    certificateSerial = 1,
    bootIdHex = '00'.repeat(8),
    features = 0,
    nextHex = null,
  }: Partial<Pick<PeerProof, 'certificateSerial' | 'bootIdHex' | 'features' | 'nextHex'>> = {},
): PeerProof => ({
  idKey,
  staticPublic: idKey,
  certificateSerial,
  bootIdHex,
  wireVersions: [1],
  features,
  nextHex,
});

export const resumptionOf = (peer: PeerProof, generation = 1): Resumption => ({
  rms: new Uint8Array(32).fill(generation),
  peer,
  dial: { ticketId: new Uint8Array(16).fill(generation), psk: new Uint8Array(32) },
  accept: { ticketId: new Uint8Array(16).fill(generation + 100), psk: new Uint8Array(32) },
  fullHandshakeAtMs: 0,
  resumesLeft: 64,
  localSerial: 1,
});

type Of<To extends Effect['to']> = Extract<Effect, { readonly to: To }>;
type HistoryAsk = EntryAsk | ContactAsk;

/** Far enough ahead of the clock of a scene, in ms. */
export const keyIsOldAtMs = 1e9;

export class CoreScene {
  nowMs = 1_000;
  /** The next number of the dice. */
  random = 0;
  readonly core: Core;
  /** The effects of the last input. */
  effects: readonly Effect[] = [];
  /** The effects of all inputs so far. */
  readonly all: Effect[] = [];
  #calls = 0;

  constructor(stored: Partial<Stored> = {}, beaconIntervalMs = 8_000) {
    this.core = new Core({
      own: {
        peerId: own.peerId,
        idKey: own.idKey,
        instance: '11'.repeat(8),
        certificateSerial: 1,
        keyIsOldAtMs,
      },
      name: 'own',
      foreign: { enabled: new Set(), secureOnly: false, group: null, sendTimeoutMs: 20_000, greet: [] },
      tickets: new TicketBook(),
      beaconIntervalMs,
      random: () => 0,
    });
    const unseen = { unread: [], emittedSeq: 0 };
    const nothing = { contacts: [], correspondents: [], newestSeq: 0, publishedSeq: 0, unseen };
    const outboxSize = { entries: 0, bytes: 0 };
    this.#keep(this.core.restore({ ...nothing, outboxSize, ...stored }, this.#given()));
    this.take({ type: 'listening', address: '10.0.0.100', port: 6_000, others: [] });
  }

  take(input: Input): readonly Effect[] {
    return this.#keep(this.core.handle(input, this.#given()));
  }

  /** Returns the number of the call, which its answer carries. */
  ask<N extends AskedName>(name: N, body: Asked[N]['body']): number {
    this.#calls += 1;
    // The name decides which body belongs to it.
    this.take({ type: 'asked', name, body, call: { callId: this.#calls } } as unknown as AskedInput);
    return this.#calls;
  }

  /** The answer that a call got so far; undefined: none. */
  answerTo(callId: number): unknown {
    const answers = this.all.filter((effect) => effect.to === 'caller' && effect.callId === callId);
    assert.ok(answers.length <= 1, 'a call is answered once');
    const [answer] = answers;
    if (answer?.to !== 'caller') return undefined;
    return answer.result.isOk() ? answer.result.value : answer.result.error;
  }

  /** The sessions that were started so far. */
  get started(): number {
    return this.all.filter((effect) => effect.to === 'session' && effect.say === 'start').length;
  }

  /** The effects of the last input that go there. */
  to<To extends Effect['to']>(to: To): readonly Of<To>[] {
    return this.effects.filter((effect): effect is Of<To> => effect.to === to);
  }

  events<Type extends NodeEvent['type']>(
    type: Type,
    effects: readonly Effect[] = this.effects,
  ): readonly Extract<NodeEvent, { readonly type: Type }>[] {
    return effects.flatMap((effect) =>
      effect.to === 'feed' && effect.event.type === type
        ? [effect.event as Extract<NodeEvent, { readonly type: Type }>]
        : [],
    );
  }

  /** The newest ask of this kind to the history. */
  asked<Type extends HistoryAsk['type']>(
    type: Type,
  ): { readonly token: Token; readonly ask: Extract<HistoryAsk, { readonly type: Type }> } {
    const found = this.all.findLast((effect) => effect.to === 'history' && effect.ask.type === type);
    assert.ok(found?.to === 'history', `the history was asked: ${type}`);
    return { token: found.token, ask: found.ask as Extract<HistoryAsk, { readonly type: Type }> };
  }

  stored(token: Token, answer: StoredAnswer): readonly Effect[] {
    return this.take({ type: 'stored', token, answer });
  }

  /** The newest append is committed with these numbers. */
  committed(...seqs: readonly number[]): readonly Effect[] {
    return this.stored(this.asked('append').token, { type: 'append', result: ok(appended(...seqs)) });
  }

  /** The newest request for a page of an outbox is answered. */
  outboxRead(entries: readonly Entry[]): readonly Effect[] {
    return this.stored(this.asked('outbox').token, {
      type: 'outbox',
      result: ok({ entries, isLast: true }),
    });
  }

  /** Discovery hears of a peer. */
  sees(peer: ScenePeer, row: Partial<Presence> = {}): readonly Effect[] {
    const { peerId, name, host } = peer;
    const addresses = [{ host, port: 6_000 }];
    const said = { peerId, name, state: 'online', addresses, dialect: 'native' } as const;
    const rows = [{ ...said, lastSeenMs: this.nowMs, bootIdHex: '00'.repeat(8), ...row }];
    return this.take({ type: 'presence', rows });
  }

  /** A session with this peer is up. */
  up(sessionId: string, peer: ScenePeer, proof: Parameters<typeof proofOf>[1] = {}): readonly Effect[] {
    const proved = proofOf(peer, proof);
    const resumption = resumptionOf(proved);
    return this.take({
      type: 'sessionUp',
      sessionId: session(sessionId),
      peer: proved,
      isResumed: false,
      resumption,
    });
  }

  /** The peer calls. The sessions of a core are counted from `s-1`. */
  calls(sessionId: string, peer: ScenePeer): readonly Effect[] {
    const connectionId = connection(`i-${sessionId.slice(2)}`);
    const address = { host: peer.host, port: 50_000 };
    return this.take({ type: 'accepted', connectionId, dialect: 'native', address });
  }

  /** The peer calls, and proves itself. */
  callsIn(sessionId: string, peer: ScenePeer, proof: Parameters<typeof proofOf>[1] = {}): readonly Effect[] {
    this.calls(sessionId, peer);
    return this.up(sessionId, peer, proof);
  }

  /** The peer answers the PING on this session. */
  answers(sessionId: string): readonly Effect[] {
    return this.take({ type: 'sessionAnswered', sessionId: session(sessionId) });
  }

  lost(sessionId: string): readonly Effect[] {
    return this.take({
      type: 'sessionDown',
      sessionId: session(sessionId),
      end: { type: 'lost', reason: 'closed' },
    });
  }

  #keep(effects: readonly Effect[]): readonly Effect[] {
    this.effects = effects;
    this.all.push(...effects);
    return effects;
  }

  #given() {
    return {
      now: { monotonicMs: this.nowMs, wallMs: this.nowMs },
      random: () => this.random,
      newMessageId: () => messageId(255),
      ownAddresses: () => ['10.0.0.100'],
    };
  }
}

/** The answer of the history to entries that it did not know. */
export const appended = (...seqs: readonly number[]): Appended => ({
  seqs,
  duplicates: [],
  outbox: { entries: 1, bytes: 1 },
});

/** An entry as the history gives it back. */
export const entryOf = (entry: NewEntry, seq: number): Entry => ({ ...entry, seq });
