/**
 * Two cores with histories on disk and one session between them, in this process: the effects of one become the inputs
 * of the other. Utterances pass through their wire form.
 */
import assert from 'node:assert/strict';
import type { Asked, AskedInput, AskedName } from '../../src/chat/asked.js';
import { Core, type Stored } from '../../src/chat/core.js';
import type { Entry } from '../../src/chat/delivery/entry.js';
import type { Due, Effect, Input, StoredAnswer } from '../../src/chat/effects.js';
import type { NodeEvent } from '../../src/chat/events.js';
import { pack, unpack } from '../../src/dialects/native.js';
import { messageIdFromBytes } from '../../src/ids.js';
import { TicketBook } from '../../src/session/tickets.js';
import { start, temporaryHome, type Driver } from '../history/driver.js';
import {
  connection,
  keyIsOldAtMs,
  proofOf,
  resumptionOf,
  scenePeer,
  session,
  type ScenePeer,
} from './core-scene.js';

// Apart from the ids that a test gives.
let ids = 100_000;
const nextId = () => {
  ids += 1;
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setUint32(12, ids);
  return messageIdFromBytes(bytes);
};

/** One side. */
export class PairNode {
  readonly me: ScenePeer;
  readonly home: string;
  readonly events: NodeEvent[] = [];
  #core: Core;
  /** Timers of the core, by the monotonic time at which they fire. */
  #timers: { readonly atMs: number; readonly due: Due }[] = [];
  /** How far the wall clock is ahead of the monotonic one. */
  wallOffsetMs = 0;
  readonly #history: Driver;
  readonly #answers = new Map<number, unknown>();
  readonly #todo: Effect[] = [];
  #calls = 0;
  #nowMs = 1_000;
  other: PairNode | null = null;
  /** Number of the session; 0: none is up. */
  sessionId = '';
  /** Sessions of this core, which counts from zero after a restart. */
  sessions = 0;

  constructor(me: ScenePeer, home: string, history: Driver) {
    this.me = me;
    this.home = home;
    this.#history = history;
    this.#core = this.#newCore();
    const unseen = { unread: [], emittedSeq: 0 };
    const stored = { contacts: [], correspondents: [], newestSeq: 0, publishedSeq: 0, unseen };
    this.#restore({ ...stored, outboxSize: { entries: 0, bytes: 0 } });
  }

  #newCore(): Core {
    return new Core({
      own: {
        peerId: this.me.peerId,
        idKey: this.me.idKey,
        instance: '11'.repeat(8),
        certificateSerial: 1,
        keyIsOldAtMs,
      },
      name: this.me.name,
      foreign: { enabled: new Set(), secureOnly: false, group: null, sendTimeoutMs: 20_000, greet: [] },
      tickets: new TicketBook(),
      beaconIntervalMs: 8_000,
      random: () => 0,
    });
  }

  #restore(stored: Stored): void {
    this.#todo.push(...this.#core.restore(stored, this.#given()));
  }

  /** A new core takes over what is on disk. */
  async restart(): Promise<void> {
    const newestSeq = await read(this.#history.call('newest', {}));
    this.#core = this.#newCore();
    this.#timers = [];
    this.sessions = 0;
    this.#todo.length = 0;
    this.#restore({
      contacts: await read(this.#history.call('contacts', {})),
      correspondents: await read(this.#history.call('correspondents', {})),
      outboxSize: await read(this.#history.call('outboxSize', {})),
      unseen: await read(this.#history.call('unseen', {})),
      newestSeq,
      publishedSeq: newestSeq,
    });
    this.#meet();
    await settle(this);
  }

  /** The node listens, and hears of the other one. */
  #meet(): void {
    this.take({ type: 'listening', address: this.me.host, port: 6_000, others: [] });
    if (this.other === null) return;
    const { peerId, name, host } = this.other.me;
    const addresses = [{ host, port: 6_000 }];
    const seen = { peerId, name, state: 'online', addresses, dialect: 'native' } as const;
    this.take({ type: 'presence', rows: [{ ...seen, lastSeenMs: 1_000, bootIdHex: '00'.repeat(8) }] });
  }

  /** Knows the other side from now on. */
  join(other: PairNode): void {
    this.other = other;
    this.#meet();
  }

  /** Lets time pass, and fires the timers of the core. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const [next] = this.#timers.toSorted((one, other) => one.atMs - other.atMs);
      if (next === undefined || next.atMs > untilMs) break;
      this.#timers.splice(this.#timers.indexOf(next), 1);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      this.take({ type: 'due', due: next.due });
      await settle(this);
    }
    this.#nowMs = Math.max(this.#nowMs, untilMs);
  }

  /** Does one call and everything that follows from it, on both sides. */
  async ask<N extends AskedName>(name: N, body: Asked[N]['body']): Promise<unknown> {
    this.#calls += 1;
    const callId = this.#calls;
    this.take({ type: 'asked', name, body, call: { callId } } as unknown as AskedInput);
    await settle(this);
    return this.#answers.get(callId);
  }

  take(input: Input): void {
    this.#nowMs += 1;
    this.#todo.push(...this.#core.handle(input, this.#given()));
  }

  /** Performs what waits. Returns false where nothing did. */
  async work(): Promise<boolean> {
    const effects = this.#todo.splice(0);
    for (const effect of effects) await this.#perform(effect);
    return effects.length > 0;
  }

  page = async (): Promise<readonly Entry[]> =>
    (await this.#history.call('page', { limit: 99, isMessagesOnly: true, hasEarlier: true }))._unsafeUnwrap();

  /** Does what the history has planned for later. */
  idle = (): Promise<void> => this.#history.idle();

  async stop(): Promise<void> {
    await this.#history.stop();
  }

  async #perform(effect: Effect): Promise<void> {
    // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- all other effects leave the pair
    switch (effect.to) {
      case 'history':
        this.take({ type: 'stored', token: effect.token, answer: await this.#stored(effect) });
        break;
      case 'session': {
        const { other, sessionId } = this;
        if (effect.say !== 'utter' || other === null || other.sessionId === '' || sessionId === '') break;
        for (const content of pack(effect.utterances)._unsafeUnwrap()) {
          const utterances = unpack(content)._unsafeUnwrap();
          const receipts = (await other.#said(utterances)) as { receipts?: readonly never[] };
          if ((receipts.receipts ?? []).length > 0)
            await this.#said([{ type: 'receipt', ids: receipts.receipts ?? [] }]);
        }
        break;
      }
      case 'self':
        this.#timers.push({ atMs: this.#nowMs + effect.afterMs, due: effect.due });
        break;
      case 'feed':
        this.events.push(effect.event as NodeEvent);
        break;
      case 'caller':
        this.#answers.set(effect.callId, effect.result.isOk() ? effect.result.value : effect.result.error);
        break;
      default:
        // Nothing else reaches the other side.
        break;
    }
  }

  async #said(utterances: Asked['said']['body']['utterances']): Promise<unknown> {
    this.#calls += 1;
    const callId = this.#calls;
    const body = { sessionId: session(this.sessionId), utterances };
    this.take({ type: 'asked', name: 'said', body, call: { callId } } as unknown as AskedInput);
    while (!this.#answers.has(callId)) assert.ok(await this.work(), 'the utterances are answered');
    return this.#answers.get(callId);
  }

  async #stored({ ask }: Extract<Effect, { readonly to: 'history' }>): Promise<StoredAnswer> {
    // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- the others are refused
    switch (ask.type) {
      case 'append':
        return { type: 'append', result: await this.#history.call('append', ask) };
      case 'find':
        return { type: 'find', result: await this.#history.call('find', ask) };
      case 'rewrite':
        return { type: 'rewrite', result: await this.#history.call('rewrite', ask) };
      case 'expire':
        return { type: 'expire', result: await this.#history.call('expire', ask) };
      case 'readdress':
        return { type: 'readdress', result: await this.#history.call('readdress', ask) };
      case 'mark':
        return { type: 'mark', result: await this.#history.call('mark', ask) };
      case 'outbox':
        return { type: 'outbox', result: await this.#history.call('outbox', ask) };
      case 'page':
        return { type: 'page', result: await this.#history.call('page', ask.query) };
      case 'read':
        return { type: 'read', result: await this.#history.call('read', ask) };
      case 'told':
        return { type: 'told', result: await this.#history.call('told', ask) };
      case 'peer-read':
        return { type: 'peer-read', result: await this.#history.call('peerRead', ask) };
      case 'put-contact':
        return { type: 'contact', result: await this.#history.call('putContact', ask.contact) };
      default:
        throw new Error(`the pair has no ${ask.type}`);
    }
  }

  #given() {
    return {
      now: { monotonicMs: this.#nowMs, wallMs: this.#nowMs + this.wallOffsetMs },
      random: () => 0,
      newMessageId: nextId,
      ownAddresses: () => [this.me.host],
    };
  }
}

const read = async <T>(asked: PromiseLike<{ _unsafeUnwrap(): T }>): Promise<T> =>
  (await asked)._unsafeUnwrap();

async function settle(node: PairNode): Promise<void> {
  for (;;) {
    const isBusy = await node.work();
    const isOtherBusy = (await node.other?.work()) ?? false;
    if (!isBusy && !isOtherBusy) return;
  }
}

/** Two sides that know of each other and have no session yet. */
export async function openPair(): Promise<{
  readonly alice: PairNode;
  readonly bob: PairNode;
  /** A session comes up. `bobFeatures`: the operations that the program of bob knows. */
  readonly connect: (bobFeatures?: number) => Promise<void>;
  readonly disconnect: () => Promise<void>;
  readonly close: () => Promise<void>;
}> {
  const homes = [temporaryHome(), temporaryHome()] as const;
  const [first, second] = await Promise.all(homes.map(({ file }) => start(file)));
  assert.ok(first?.isOk() === true && second?.isOk() === true);
  const alice = new PairNode(scenePeer(1), homes[0].home, first.value);
  const bob = new PairNode(scenePeer(2), homes[1].home, second.value);
  const features = 25;
  alice.join(bob);
  bob.join(alice);
  await settle(alice);
  let sessions = 0;
  return {
    alice,
    bob,
    async connect(bobFeatures = features) {
      sessions += 1;
      for (const [node, other, known] of [
        [alice, bob, bobFeatures],
        [bob, alice, features],
      ] as const) {
        node.sessions += 1;
        node.sessionId = `s-${String(node.sessions)}`;
        const connectionId = connection(`i-${String(sessions)}`);
        const address = { host: other.me.host, port: 50_000 };
        node.take({ type: 'accepted', connectionId, dialect: 'native', address });
        const proof = proofOf(other.me, { features: known });
        const up = { sessionId: session(node.sessionId), peer: proof, isResumed: false };
        node.take({ type: 'sessionUp', ...up, resumption: resumptionOf(proof, sessions) });
      }
      await settle(alice);
    },
    async disconnect() {
      for (const node of [alice, bob]) {
        const sessionId = session(node.sessionId);
        node.take({ type: 'sessionDown', sessionId, end: { type: 'lost', reason: 'closed' } });
        node.sessionId = '';
      }
      await settle(alice);
    },
    async close() {
      await Promise.all([alice.stop(), bob.stop()]);
      for (const { remove } of homes) remove();
    },
  };
}
