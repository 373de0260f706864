/** Two sessions with a wire between them that a test can cut, bend and record. */
import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import type { Utterance } from '../../src/dialects/dialect.js';
import type { SessionError } from '../../src/session/errors.js';
import { makeCertificate, type Signer } from '../../src/session/certificate.js';
import type { DhKeyPair } from '../../src/session/noise/dh.js';
import type {
  LocalIdentity,
  Resumption,
  Session,
  SessionOptions,
  SessionOutput,
} from '../../src/session/contract.js';
import { copyResumption, TicketBook } from '../../src/session/tickets.js';
import { concat } from '../../src/wire/bytes.js';
import { createSession } from '../../src/session/machine.js';
import { dhKeyPairFromPrivate } from './dh-key.js';
import { anyBytes } from './seeds.js';

export const wallClockMs = 1_800_000_000_000;

/** Of the seed that is played, so that a conversation that went wrong can be had again. */
const anyKeyPair = (): DhKeyPair => dhKeyPairFromPrivate(anyBytes(32));

const ed25519Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

export function identityOf(seed: Uint8Array): { readonly idKey: Uint8Array; readonly sign: Signer } {
  const key = createPrivateKey({
    key: Buffer.concat([ed25519Prefix, seed]),
    format: 'der',
    type: 'pkcs8',
  });
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return {
    idKey: Uint8Array.from(spki.subarray(-32)),
    sign: (message) => Uint8Array.from(sign(null, message, key)),
  };
}

export interface TestNode {
  readonly idKey: Uint8Array;
  readonly local: LocalIdentity;
  readonly book: TicketBook;
  /** The engine of another version; where it is absent, that of this one. */
  readonly createSession?: typeof createSession;
}

export function makeNode(
  options: {
    readonly seed?: Uint8Array;
    readonly staticPair?: DhKeyPair;
    readonly serial?: number;
    readonly notAfterMs?: number;
    readonly certificate?: Uint8Array;
    readonly wireVersions?: readonly number[];
    readonly bootId?: Uint8Array;
    readonly features?: number;
    readonly next?: Uint8Array;
  } = {},
): TestNode {
  const identity = identityOf(options.seed ?? anyBytes(32));
  const pair = options.staticPair ?? anyKeyPair();
  const fields = {
    idKey: identity.idKey,
    serial: options.serial ?? wallClockMs - 1_000,
    notAfterMs: options.notAfterMs ?? 0,
  };
  return {
    idKey: identity.idKey,
    book: new TicketBook(),
    local: {
      staticKey: pair.privateKey,
      staticPublic: pair.publicKey,
      certificate: options.certificate ?? makeCertificate(fields, pair.publicKey, identity.sign),
      bootId: options.bootId ?? anyBytes(8),
      wireVersions: options.wireVersions ?? [1],
      features: options.features ?? null,
      next: options.next ?? null,
    },
  };
}

/** One side: its session, all it put out, and the bytes still to be delivered. */
export class Endpoint {
  readonly node: TestNode;
  readonly session: Session;
  readonly outputs: SessionOutput[] = [];
  readonly sent: Uint8Array[] = [];
  readonly said: Utterance[] = [];
  refusal: SessionError | null = null;
  nowMs = 0;

  constructor(node: TestNode, role: SessionOptions['role'], more: Partial<SessionOptions> = {}) {
    this.node = node;
    this.nowMs = more.nowMs ?? 0;
    this.session = (node.createSession ?? createSession)({
      local: node.local,
      random: anyBytes,
      generateKeyPair: anyKeyPair,
      nowMs: this.nowMs,
      wallClockMs,
      role,
      ...more,
    });
  }

  take(outputs: readonly SessionOutput[]): void {
    for (const output of outputs) {
      this.outputs.push(output);
      switch (output.type) {
        case 'write':
          this.sent.push(output.bytes);
          break;
        case 'find-ticket':
          this.take(this.session.ticket(this.node.book.find(output.ticketId, wallClockMs), this.nowMs));
          break;
        case 'judge-peer':
          this.take(
            this.session.judge(
              this.refusal === null ? { welcome: true } : { welcome: false, error: this.refusal },
              this.nowMs,
            ),
          );
          break;
        case 'resumable':
          this.node.book.offer(copyResumption(output.resumption));
          break;
        case 'up':
          this.node.book.keep(copyResumption(output.resumption));
          break;
        case 'said':
          this.said.push(...output.utterances);
          break;
        case 'answered':
        case 'closed':
        case 'due':
        case 'failed':
          break;
      }
    }
  }

  receive(bytes: Uint8Array): void {
    this.take(this.session.receive(bytes, this.nowMs));
  }

  has(type: SessionOutput['type']): boolean {
    return this.outputs.some((output) => output.type === type);
  }

  get failure(): SessionError | null {
    for (const output of this.outputs) if (output.type === 'failed') return output.error;
    return null;
  }

  get resumed(): boolean | null {
    for (const output of this.outputs) if (output.type === 'up') return output.isResumed;
    return null;
  }

  /** Everything to be delivered, as one run. */
  flush(): Uint8Array {
    return concat(this.sent.splice(0));
  }
}

export interface PairOptions {
  readonly expectedIdKey?: Uint8Array | null;
  readonly resumption?: Resumption | null;
  readonly initiator?: Partial<SessionOptions>;
  readonly responder?: Partial<SessionOptions>;
}

export interface Pair {
  readonly initiator: Endpoint;
  readonly responder: Endpoint;
}

export const makePair = (a: TestNode, b: TestNode, options: PairOptions = {}): Pair => ({
  initiator: new Endpoint(
    a,
    {
      type: 'initiator',
      expectedIdKey: options.expectedIdKey ?? null,
      resumption: options.resumption ?? null,
    },
    options.initiator,
  ),
  responder: new Endpoint(b, { type: 'responder' }, options.responder),
});

/** The fate of a delivery; the number counts deliveries. An empty array: it is lost. */
export type Bend = (bytes: Uint8Array, from: 'initiator' | 'responder', index: number) => Uint8Array;

/** Delivers until nobody has anything to say. */
export function settle({ initiator, responder }: Pair, bend: Bend = (bytes) => bytes): void {
  for (let index = 0; index < 200;) {
    const forth = initiator.flush();
    const back = responder.flush();
    if (forth.length === 0 && back.length === 0) return;
    if (forth.length > 0) responder.receive(bend(forth, 'initiator', index++));
    if (back.length > 0) initiator.receive(bend(back, 'responder', index++));
  }
  throw new Error('the two never fall silent');
}

/** A connection between `a` and `b`, talked over until it is quiet. */
export function connect(a: TestNode, b: TestNode, options: PairOptions = {}, bend?: Bend): Pair {
  const pair = makePair(a, b, options);
  pair.initiator.take(pair.initiator.session.start());
  settle(pair, bend);
  return pair;
}

/** Like `connect`, with the ticket that `a` has for `b`, if any. */
export const resume = (a: TestNode, b: TestNode, options: PairOptions = {}, bend?: Bend): Pair =>
  connect(a, b, { expectedIdKey: b.idKey, resumption: a.book.dial(b.idKey, wallClockMs), ...options }, bend);

export const isUp = (pair: Pair): boolean => pair.initiator.has('up') && pair.responder.has('up');
