/**
 * A native peer that is nothing but its protocol: own keys, a real socket, real handshakes, no disk and no actors.
 * Hundreds of them fit in one process. They count what the network sees of the node under test.
 */
import { createPrivateKey, createPublicKey, randomBytes, sign } from 'node:crypto';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { Utterance } from '../../src/dialects/dialect.js';
import { messageIdFromBytes, type MessageId } from '../../src/ids.js';
import { makeCertificate } from '../../src/session/certificate.js';
import type { LocalIdentity, Resumption, Session, SessionOutput } from '../../src/session/contract.js';
import { queue, type Queue } from './standins/blocking-socket.js';
import { createSession } from '../../src/session/machine.js';
import { usableNowMs } from './usable-time.js';

export interface Tally {
  connects: number;
  busy: number;
  fullHandshakes: number;
  resumed: number;
  parked: number;
  lost: number;
  /** Connections on which the node answered with something else than BUSY and which are open now; and the most ever. */
  servedNow: number;
  servedMost: number;
}

export const newTally = (): Tally => ({
  connects: 0,
  busy: 0,
  fullHandshakes: 0,
  resumed: 0,
  parked: 0,
  lost: 0,
  servedNow: 0,
  servedMost: 0,
});

export interface SimulatedPeer {
  readonly idKey: Uint8Array;
  /** Sends the texts, reconnecting until each has its receipt. Returns the wait of each, ms. */
  deliver(texts: readonly string[]): Promise<readonly number[]>;
}

function newKey(oid: string) {
  const der = Buffer.concat([Buffer.from(`302e020100300506032b65${oid}04220420`, 'hex'), randomBytes(32)]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const raw = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32);
  return { key, raw: new Uint8Array(raw) };
}

export function newIdentity(): { readonly local: LocalIdentity; readonly idKey: Uint8Array } {
  const identity = newKey('70');
  const fixed = newKey('6e');
  const certificate = makeCertificate(
    { idKey: identity.raw, serial: 1, notAfterMs: 0 },
    fixed.raw,
    (bytes) => new Uint8Array(sign(null, bytes, identity.key)),
  );
  const bootId = new Uint8Array(randomBytes(8));
  return {
    idKey: identity.raw,
    local: {
      staticKey: fixed.key,
      staticPublic: fixed.raw,
      certificate,
      bootId,
      wireVersions: [1],
      features: 0,
      next: null,
    },
  };
}

export interface Target {
  readonly host: string;
  readonly port: number;
  /** Source address of the peer's connections. */
  readonly from?: string;
}

export function simulatedPeer(name: string, target: Target, tally: Tally): SimulatedPeer {
  const { local, idKey } = newIdentity();
  let resumption: Resumption | null = null;

  return {
    idKey,
    async deliver(texts) {
      const waiting = new Map<MessageId, { readonly text: string; readonly sinceMs: number }>();
      const waits: number[] = [];
      const startedMs = usableNowMs();
      for (const text of texts) {
        waiting.set(messageIdFromBytes(randomBytes(16)), { text, sinceMs: startedMs });
      }
      while (waiting.size > 0) {
        const retryAfterMs = await attempt(waiting, waits);
        if (waiting.size > 0)
          await new Promise((resolve) => setTimeout(resolve, retryAfterMs * (0.5 + Math.random() / 2)));
      }
      return waits;
    },
  };

  /** One connection. Resolves with how long to wait before the next, ms. */
  function attempt(
    waiting: Map<MessageId, { readonly text: string; readonly sinceMs: number }>,
    waits: number[],
  ): Promise<number> {
    return new Promise((resolve) => {
      tally.connects += 1;
      const socket = connect({
        ...target,
        ...(target.from === undefined ? {} : { localAddress: target.from }),
      });
      const session = createSession({
        local,
        random: (bytes) => new Uint8Array(randomBytes(bytes)),
        nowMs: performance.now(),
        wallClockMs: Date.now(),
        role: { type: 'initiator', expectedIdKey: null, resumption },
      });
      let retryAfterMs = 500;
      let isServed = false;
      let isOver = false;
      const over = (): void => {
        if (isOver) return;
        isOver = true;
        if (isServed) tally.servedNow -= 1;
        session.destroy();
        socket.destroy();
        resolve(retryAfterMs);
      };
      const handle = (outputs: readonly SessionOutput[]): void => {
        for (const output of outputs) act(output);
      };
      const act = (output: SessionOutput): void => {
        switch (output.type) {
          case 'write':
            socket.write(output.bytes);
            return;
          case 'judge-peer':
            handle(session.judge({ welcome: true }, performance.now()));
            return;
          case 'up':
            tally[output.isResumed ? 'resumed' : 'fullHandshakes'] += 1;
            resumption = output.resumption;
            speak(session, waiting, handle);
            return;
          case 'said':
            for (const utterance of output.utterances) settle(utterance, waiting, waits);
            if (waiting.size > 0) return;
            tally.parked += 1;
            handle(session.close('park'));
            socket.end();
            return;
          case 'failed':
            if (output.error.code === 'session/busy') {
              tally.busy += 1;
              retryAfterMs = output.error.retryAfterMs;
            } else tally.lost += 1;
            over();
            return;
          case 'closed':
            tally.parked += 1;
            retryAfterMs = 50;
            over();
            return;
          case 'resumable':
          case 'answered':
          case 'find-ticket':
          case 'due':
        }
      };
      socket.setNoDelay(true);
      socket.on('connect', () => handle(session.start()));
      socket.on('data', (bytes) => {
        const isBusy = bytes[0] === 0 && bytes[1] === 0 && bytes[2] === 3;
        if (!isServed && !isBusy) {
          isServed = true;
          tally.servedNow += 1;
          tally.servedMost = Math.max(tally.servedMost, tally.servedNow);
        }
        handle(session.receive(new Uint8Array(bytes), performance.now()));
      });
      socket.on('error', over);
      socket.on('close', over);
    });
  }

  function speak(
    session: Session,
    waiting: ReadonlyMap<MessageId, { readonly text: string }>,
    handle: (outputs: readonly SessionOutput[]) => void,
  ): void {
    const profile: Utterance = { type: 'profile', name, instance: Buffer.from(local.bootId).toString('hex') };
    const texts = [...waiting].map(([id, { text }]): Utterance => ({
      type: 'text',
      id,
      sentAtMs: Date.now(),
      text,
    }));
    handle(session.say([profile, ...texts], performance.now()));
  }
}

function settle(
  utterance: Utterance,
  waiting: Map<MessageId, { readonly sinceMs: number }>,
  waits: number[],
): void {
  if (utterance.type !== 'receipt') return;
  for (const id of utterance.ids) {
    const since = waiting.get(id);
    if (since !== undefined) waits.push(usableNowMs() - since.sinceMs);
    waiting.delete(id);
  }
}

/** The first bytes of a caller whom nobody knows, ready to be sent. */
export function firstMessage(): Uint8Array {
  const session = createSession({
    local: newIdentity().local,
    random: (bytes) => new Uint8Array(randomBytes(bytes)),
    nowMs: performance.now(),
    wallClockMs: Date.now(),
    role: { type: 'initiator', expectedIdKey: null, resumption: null },
  });
  return Buffer.concat(session.start().flatMap((output) => (output.type === 'write' ? [output.bytes] : [])));
}

export interface RawSession {
  /** Says all of it as fast as the socket takes it; resolves when everything is written. */
  say(utterances: readonly Utterance[]): Promise<void>;
  close(): void;
  /** Settles once the other side has ended it. */
  readonly ended: Promise<void>;
}

export type Identity = ReturnType<typeof newIdentity>;

/** A stranger with a finished handshake who says whatever the test wants. Rejects where it is turned away. */
export function openRawSession(target: Target, { local }: Identity = newIdentity()): Promise<RawSession> {
  const { host, port, from } = target;
  const socket = connect({ host, port, ...(from === undefined ? {} : { localAddress: from }) });
  const ended = new Promise<void>((resolve) => {
    socket.on('end', resolve);
    socket.on('close', () => resolve());
  });
  const session = createSession({
    local,
    random: (bytes) => new Uint8Array(randomBytes(bytes)),
    nowMs: performance.now(),
    wallClockMs: Date.now(),
    role: { type: 'initiator', expectedIdKey: null, resumption: null },
  });
  return new Promise((resolve, reject) => {
    const handle = (outputs: readonly SessionOutput[]): void => {
      for (const output of outputs) {
        if (output.type === 'write') socket.write(output.bytes);
        else if (output.type === 'judge-peer') handle(session.judge({ welcome: true }, performance.now()));
        else if (output.type === 'failed') reject(new Error(output.error.code));
        else if (output.type === 'up') resolve({ say, close: () => socket.destroy(), ended });
      }
    };
    const say = (utterances: readonly Utterance[]): Promise<void> =>
      new Promise((done) => {
        handle(session.say(utterances, performance.now()));
        socket.write('', () => done());
      });
    socket.on('connect', () => handle(session.start()));
    socket.on('data', (bytes) => handle(session.receive(new Uint8Array(bytes), performance.now())));
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('it was closed')));
  });
}

/** Answers with a handshake, and hangs up at its end without sending its name. */
export function startHangingUp(): Promise<Listening> {
  return startAnswering((socket) => void socket.end());
}

/** Answers with a handshake, and from then on says nothing and never hangs up; `isDeaf`: nor does it read. */
export async function startHolding(
  isDeaf = false,
): Promise<Listening & { readonly held: Queue<HeldConnection> }> {
  const held = queue<HeldConnection>();
  const listening = await startAnswering((socket) => {
    if (isDeaf) socket.pause();
    const ended = new Promise<void>((resolve) => {
      socket.on('end', resolve);
      socket.on('close', () => resolve());
    });
    held.put({ ended });
  });
  return { ...listening, held };
}

export interface Listening {
  readonly port: number;
  readonly close: () => void;
}

/** One connection after its handshake; `ended` settles once the other side has ended it. */
export interface HeldConnection {
  readonly ended: Promise<void>;
}

async function startAnswering(onUp: (socket: Socket) => void): Promise<Listening> {
  const { local } = newIdentity();
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    const session = createSession({
      local,
      random: (bytes) => new Uint8Array(randomBytes(bytes)),
      nowMs: performance.now(),
      wallClockMs: Date.now(),
      role: { type: 'responder' },
    });
    const handle = (outputs: readonly SessionOutput[]): void => {
      for (const output of outputs) {
        if (output.type === 'write') socket.write(output.bytes);
        else if (output.type === 'judge-peer') handle(session.judge({ welcome: true }, performance.now()));
        else if (output.type === 'find-ticket') handle(session.ticket(null, performance.now()));
        else if (output.type === 'up') onUp(socket);
      }
    };
    socket.on('data', (bytes) => handle(session.receive(new Uint8Array(bytes), performance.now())));
    socket.on('error', () => socket.destroy());
    handle(session.start());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a TCP server that listens has such an address
  const { port } = server.address() as AddressInfo;
  const close = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { port, close };
}
