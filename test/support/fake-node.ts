/**
 * A node without a network: two peers that answer at once, a history in memory, faults on demand. Speaks `NodeHandle`
 * exactly as the real one is documented to.
 */
import { err, errAsync, ok, okAsync, type Result, type ResultAsync } from 'neverthrow';
import type {
  HistoryOptions,
  MessageEvent,
  NodeError,
  NodeEvent,
  NodeHandle,
  PeerEvent,
  PeerState,
  SelfInfo,
  StatusEvent,
} from '../../src/index.js';

export interface FakeNodeOptions {
  readonly home?: string;
  readonly name?: string;
  /** Names of the peers; each is online and acknowledges what it gets. */
  readonly peers?: readonly string[];
  /** Messages that may wait for peers who are not online. */
  readonly outboxMax?: number;
}

export interface FakeNode extends NodeHandle {
  /** A message from `peer` arrives. */
  readonly receive: (peer: string, text: string) => MessageEvent;
  readonly setState: (peer: string, state: PeerState) => void;
  readonly addPeer: (name: string, state?: PeerState) => PeerEvent;
  /** From now on sending to `peer` fails so. */
  readonly refuse: (peer: string, error: NodeError) => void;
  readonly emit: (event: NodeEvent) => void;
  readonly lines: () => readonly MessageEvent[];
  readonly isClosed: () => boolean;
  readonly subscribers: () => number;
}

const safetyCode = '11111 22222 33333 44444 55555 66666 77777 88888 99999 00000 12345 67890';

export function startFakeNode(options: FakeNodeOptions = {}): FakeNode {
  const peers = new Map<string, PeerEvent>();
  const refusals = new Map<string, NodeError>();
  const history: MessageEvent[] = [];
  const queues = new Set<EventQueue>();
  let isClosed = false;
  let name = options.name ?? 'alice';
  let counter = 0;
  let seq = 0;
  let waiting = 0;

  const self = (): SelfInfo => ({
    id: idOf('me'),
    name,
    tag: idOf('me').slice(0, 4).toLowerCase(),
    addresses: ['10.0.0.1', 'fe80::1'],
    port: 6001,
    pid: process.pid,
    home: options.home ?? '/home/alice',
    safetyCode: '11111 22222 33333 44444 55555 66666',
  });
  const emit = (event: NodeEvent): void => {
    for (const queue of queues) queue.push(event);
  };
  const update = (peer: PeerEvent): PeerEvent => {
    peers.set(peer.name, peer);
    emit(peer);
    return peer;
  };
  const find = (word: string): Result<PeerEvent, NodeError> => {
    for (const peer of peers.values()) {
      const words = [peer.name, `${peer.name}#${peer.tag}`, peer.id, `${peer.address}:${peer.port}`];
      if (words.includes(word)) return ok(peer);
    }
    return err({ code: 'chat/unknown-peer', peer: word });
  };
  const append = (peer: PeerEvent, direction: 'in' | 'out', text: string): MessageEvent => {
    counter += 1;
    seq += 1;
    const at = new Date(Date.UTC(2026, 4, 1, 12, 0, 0) + counter * 1_000).toISOString();
    const line: MessageEvent = {
      type: 'message',
      seq,
      id: `01890000-0000-7000-8000-${String(counter).padStart(12, '0')}`,
      direction,
      peer: peer.name,
      peerId: peer.id,
      conversation: `dm:${peer.id}`,
      text,
      sentAt: at,
      receivedAt: at,
      dialect: 'native',
      encryption: 'noise',
      verified: peer.verified,
      state: direction === 'in' ? 'delivered' : 'queued',
    };
    history.push(line);
    emit(line);
    return line;
  };
  const advance = (line: MessageEvent, state: 'sent' | 'delivered'): void => {
    if (history[line.seq - 1]?.state === 'queued') waiting -= 1;
    history[line.seq - 1] = { ...line, state };
    emit({ type: 'status', id: line.id, peer: line.peer, state });
  };
  const deliver = (line: MessageEvent): void => {
    setImmediate(() => {
      if (peers.get(line.peer)?.state !== 'online') return;
      advance(line, 'sent');
      advance(line, 'delivered');
    });
  };
  const check = (word: string, texts: readonly string[]): Result<PeerEvent, NodeError> =>
    find(word).andThen((peer): Result<PeerEvent, NodeError> => {
      const refusal = refusals.get(peer.name);
      if (refusal !== undefined) return err(refusal);
      for (const text of texts) {
        const gotBytes = Buffer.byteLength(text);
        if (gotBytes === 0) return err<PeerEvent, NodeError>({ code: 'chat/text-empty' });
        if (gotBytes > 65_536) return err({ code: 'chat/text-too-long', limitBytes: 65_536, gotBytes });
      }
      const limit = options.outboxMax ?? 10_000;
      return waiting + texts.length > limit ? err({ code: 'chat/outbox-full', limit }) : ok(peer);
    });
  const sendAll = (word: string, texts: readonly string[]): Result<readonly StatusEvent[], NodeError> =>
    check(word, texts).map((peer) =>
      texts.map((text) => {
        const line = append(peer, 'out', text);
        waiting += 1;
        const status: StatusEvent = { type: 'status', id: line.id, peer: peer.name, state: 'queued' };
        emit(status);
        deliver(line);
        return status;
      }),
    );
  const setState = (peer: string, state: PeerState): void => {
    const found = peers.get(peer);
    if (found === undefined) throw new Error(`no peer ${peer}`);
    update({ ...found, state });
    if (state !== 'online') return;
    for (const line of history) {
      if (line.peer === peer && line.direction === 'out' && line.state === 'queued') deliver(line);
    }
  };
  const addPeer = (name: string, state: PeerState = 'online'): PeerEvent =>
    update({
      type: 'peer',
      state,
      name,
      id: idOf(name),
      tag: idOf(name).slice(0, 4).toLowerCase(),
      address: '10.0.0.2',
      port: 6001 + peers.size,
      dialect: 'native',
      verified: false,
      lastSeen: '2026-05-01T12:00:00.000Z',
    });
  for (const name of options.peers ?? ['bob', 'carol']) addPeer(name);

  return {
    self: () => okAsync(self()),
    send: (peer, text) =>
      lift(
        sendAll(peer, [text]).andThen(([status]): Result<StatusEvent, NodeError> =>
          status === undefined ? err({ code: 'chat/text-empty' }) : ok(status),
        ),
      ),
    sendAll: (peer, texts) => lift(sendAll(peer, texts)),
    peers: () => okAsync([...peers.values()]),
    history: (query) => lift(pageOf(history, query, find)),
    events: (eventsOptions = {}) => {
      const queue = new EventQueue();
      queues.add(queue);
      const { id, name, port, pid } = self();
      queue.push({ type: 'ready', id, name, address: '0.0.0.0', port, pid });
      const { sinceSeq } = eventsOptions;
      if (sinceSeq !== undefined) for (const line of history) if (line.seq > sinceSeq) queue.push(line);
      return queue.read(() => queues.delete(queue));
    },
    safety: (word) => lift(find(word).map((peer) => ({ peer, code: safetyCode, verified: peer.verified }))),
    verify: (word, code) =>
      lift(
        find(word).andThen((peer) => {
          const blank = /\s/g;
          if (code !== null && code.replace(blank, '') !== safetyCode.replace(blank, '')) {
            return err<never, NodeError>({ code: 'chat/code-mismatch', peer: peer.name });
          }
          return ok({ peer: update({ ...peer, verified: true }), code: safetyCode, verified: true });
        }),
      ),
    block: (word, blocked) => lift(find(word).map((peer) => update({ ...peer, blocked }))),
    rename: (wanted) => {
      name = wanted;
      return okAsync(self());
    },
    disconnect: (word) => lift(find(word).map(() => null)),
    stats: () => okAsync({ actors: [] }),
    close: async () => {
      if (isClosed) return;
      isClosed = true;
      emit({ type: 'bye' });
    },
    receive: (word, text) => {
      const peer = find(word);
      if (peer.isErr()) throw new Error(`no peer ${word}`);
      return append(peer.value, 'in', text);
    },
    setState,
    addPeer,
    refuse: (peer, error) => {
      refusals.set(peer, error);
    },
    emit,
    lines: () => history,
    isClosed: () => isClosed,
    subscribers: () => queues.size,
  };
}

const lift = <T>(result: Result<T, NodeError>): ResultAsync<T, NodeError> =>
  result.match(
    (value) => okAsync<T, NodeError>(value),
    (error) => errAsync<T, NodeError>(error),
  );

function pageOf(
  history: readonly MessageEvent[],
  query: HistoryOptions,
  find: (word: string) => Result<PeerEvent, NodeError>,
): Result<readonly MessageEvent[], NodeError> {
  const peer = query.peer === undefined ? ok(null) : find(query.peer);
  if (peer.isErr()) return err(peer.error);
  const peerId = peer.value?.id;
  const found = history.filter((line) => {
    const atMs = Date.parse(line.sentAt);
    return (
      (peerId === undefined || line.peerId === peerId) &&
      (query.search === undefined || line.text.includes(query.search)) &&
      atMs >= (query.sinceMs ?? -Infinity) &&
      atMs <= (query.untilMs ?? Infinity) &&
      line.seq > (query.afterSeq ?? 0) &&
      line.seq < (query.beforeSeq ?? Infinity) &&
      (query.direction === undefined || line.direction === query.direction)
    );
  });
  const limit = query.limit ?? 100;
  return ok(query.afterSeq === undefined ? found.slice(-limit) : found.slice(0, limit));
}

/** The id of a made-up peer: eight groups of seven, the first letters of its name in front. */
export const idOf = (name: string): string => {
  const letters =
    `${name.toUpperCase().replace(/[^A-Z]/g, '')}${'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.repeat(2)}`.slice(
      0,
      56,
    );
  return letters.match(/.{7}/g)?.join('-') ?? '';
};

/** Events one reader has not taken yet. */
class EventQueue {
  readonly #events: NodeEvent[] = [];
  #wake: (() => void) | null = null;

  push(event: NodeEvent): void {
    this.#events.push(event);
    this.#wake?.();
  }

  async *read(onEnd: () => void): AsyncGenerator<NodeEvent, void, undefined> {
    try {
      for (;;) {
        const event = this.#events.shift();
        if (event === undefined) {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
          continue;
        }
        yield event;
        if (event.type === 'bye') return;
      }
    } finally {
      onEnd();
    }
  }
}
