/**
 * A node without a network: two peers that answer at once, a history in memory, faults on demand. Speaks `NodeHandle`
 * exactly as the real one is documented to.
 */
import { err, errAsync, ok, okAsync, type Result, type ResultAsync } from 'neverthrow';
import type {
  ContactChoice,
  ContactInfo,
  ErasedInfo,
  Operation,
  EraseOptions,
  HistoryOptions,
  MessageEvent,
  NodeError,
  NodeEvent,
  NodeHandle,
  PeerEvent,
  PeerState,
  PresenceEvent,
  PrivacyInfo,
  SafetyInfo,
  SelfInfo,
  StatusEvent,
  UnreadInfo,
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
  /** The user of `peer` has read every message that it got. */
  readonly readAll: (peer: string) => void;
  /** Whether read marks of `peer` reach this node, and a reason. */
  readonly setReadMarks: (peer: string, marks: NonNullable<ContactInfo['readMarks']>) => void;
  readonly addPeer: (name: string, state?: PeerState) => PeerEvent;
  /** Somebody of an older program who calls itself `name`. */
  readonly addForeignPeer: (name: string) => PeerEvent;
  /** A second peer who calls itself `name`. */
  readonly addNamesake: (name: string) => PeerEvent;
  /** From now on sending to `peer` fails so. */
  readonly refuse: (peer: string, error: NodeError) => void;
  readonly emit: (event: NodeEvent) => void;
  /** The arguments of `retry`. */
  readonly retried: () => readonly (string | null)[];
  /** The arguments of `setTyping`. */
  readonly typed: () => readonly (readonly [string, boolean])[];
  /** An accepted key takes the name of these. */
  readonly replace: (peers: readonly PeerEvent[]) => void;
  readonly lines: () => readonly MessageEvent[];
  readonly isClosed: () => boolean;
  readonly subscribers: () => number;
}

/** Figures of a tree without actors. */
const noActors = {
  type: 'supervisor',
  id: 'root',
  strategy: 'one-for-one',
  status: 'running',
  children: [],
} as const;

const safetyCode = '11111 22222 33333 44444 55555 66666 77777 88888 99999 00000 12345 67890';

export function startFakeNode(options: FakeNodeOptions = {}): FakeNode {
  const it = new Fake(options);
  for (const name of options.peers ?? ['bob', 'carol']) it.addPeer(name);
  return {
    self: () => okAsync(it.self()),
    timer: (peer) =>
      lift(it.find(peer).map(({ name, id }) => ({ peer: name, peerId: id, seconds: it.timerSeconds }))),
    setTimer: (peer, seconds) =>
      lift(
        it.find(peer).map(({ name }): StatusEvent => {
          it.timerSeconds = seconds;
          return { type: 'status', id: 'timer', peer: name, state: 'queued' };
        }),
      ),
    ownSafetyCode: () => okAsync('11111 22222 33333 44444 55555 66666'),
    send: (peer, text, { id } = {}) =>
      lift(
        it
          .sendAll(peer, [text], id === undefined ? [] : [id])
          .andThen(([status]): Result<StatusEvent, NodeError> =>
            status === undefined ? err({ code: 'chat/text-empty' }) : ok(status),
          ),
      ),
    sendAll: (peer, texts, { ids = [] } = {}) => lift(it.sendAll(peer, texts, ids)),
    sendVia: (peer, text, _via, { id } = {}) =>
      lift(
        it
          .find(peer)
          .andThen(({ dialect }): Result<readonly StatusEvent[], NodeError> =>
            dialect === 'cmp2204'
              ? it.sendAll(peer, [text], id === undefined ? [] : [id])
              : err({ code: 'dialect/unsupported', dialect, what: 'a manner' }),
          )
          .andThen(([status]): Result<StatusEvent, NodeError> =>
            status === undefined ? err({ code: 'chat/text-empty' }) : ok(status),
          ),
      ),
    offerFiles: (peer) => lift(err({ code: 'files/unsupported', peer })),
    transfers: () => okAsync([]),
    actOnTransfer: (id) => lift(err({ code: 'files/unknown-transfer', id })),
    foreignPeers: (dialect) => lift(err({ code: 'chat/dialect-off', dialect })),
    foreignConnect: (word) => lift(it.find(word).map(() => null)),
    foreignLeave: () => okAsync(null),
    peers: () => okAsync([...it.peers.values()]),
    find: (word) => lift(it.find(word)),
    operate: (word, operation, { peer } = {}) => lift(it.operate(word, operation, peer)),
    unread: () => okAsync(it.unread()),
    markRead: (word, upToSeq) => lift(it.markRead(word, upToSeq)),
    emittedSeq: () => okAsync(it.emittedSeq),
    contacts: () => okAsync([...it.peers.values()].map((peer) => it.contact(peer))),
    contact: (word) => lift(it.find(word).map((peer) => it.contact(peer))),
    changeContact: (word, choice) =>
      lift(
        it.find(word).map((peer) => {
          it.choices.set(peer.id, { ...it.choices.get(peer.id), ...choice });
          const { alias } = choice;
          return it.contact(alias === undefined ? peer : it.update({ ...peer, alias }));
        }),
      ),
    acceptContact: (word) =>
      lift(
        it.find(word).map((peer) => ({
          contact: it.contact(it.update({ ...peer, blocked: false })),
          replaced: it.replaced,
        })),
      ),
    rejectContact: (word) =>
      lift(it.find(word).map((peer) => it.contact(it.update({ ...peer, blocked: true })))),
    forgetContact: (word) => lift(it.find(word)),
    outbox: ({ peer, afterSeq = 0 } = {}) =>
      okAsync({
        messages: it.history.filter(
          (line) =>
            line.direction === 'out' &&
            line.state === 'queued' &&
            line.seq > afterSeq &&
            (peer === undefined || peer === line.peer || peer === line.peerId),
        ),
        isLast: true,
      }),
    withdraw: (word, ids) => lift(it.find(word).map((peer) => it.withdraw(peer, ids))),
    retry: (peer) => {
      it.retried.push(peer);
      return okAsync({ peers: 1 });
    },
    markEmitted: (seq) => okAsync((it.emittedSeq = Math.max(it.emittedSeq, seq))),
    history: (query) => lift(pageOf(it.history, query, (word) => it.find(word))),
    erase: (query) => lift(it.erase(query)),
    events: ({ sinceSeq } = {}) => it.events(sinceSeq),
    safety: (word) =>
      lift(it.find(word).map((peer) => ({ peer, code: safetyCode, verified: peer.verified }))),
    verify: (word, code) => lift(it.verify(word, code)),
    block: (word, blocked) => lift(it.find(word).map((peer) => it.update({ ...peer, blocked }))),
    rename: (name) => {
      it.name = name;
      return okAsync(it.self());
    },
    status: () => okAsync(it.status),
    setStatus: ({ presence, text = '' }) => okAsync(it.setStatus(presence, text)),
    setTyping: (word, isTyping) => {
      it.typed.push([word, isTyping]);
      return okAsync(null);
    },
    privacy: () => okAsync(it.privacy),
    setPrivacy: (choice) => okAsync((it.privacy = { ...it.privacy, ...choice })),
    setIdle: (isIdle) => okAsync(it.setStatus(isIdle ? 'away' : 'here', '')),
    disconnect: (word) => lift(it.find(word).map(() => null)),
    stats: () => okAsync({ actors: [], threads: [], tree: noActors }),
    network: () =>
      okAsync({
        binds: ['127.0.0.1'],
        tcpPort: 6_001,
        tcpPortWanted: 6_001,
        beaconIntervalMs: 8_000,
        beaconPorts: [6_000, 6_001],
        replyPorts: [],
        sent: [],
        own: [],
        heard: [],
        offLinkCount: 0,
      }),
    probe: (peer) => lift(it.find(peer).map(({ name }) => ({ name, tried: [], heard: [], answer: null }))),
    close: async () => it.close(),
    [Symbol.asyncDispose]: async () => it.close(),
    receive: (word, text) => it.append(it.find(word)._unsafeUnwrap(), 'in', text),
    addForeignPeer: (name) => it.addForeignPeer(name),
    addNamesake: (name) => it.addNamesake(name),
    setState: (peer, state) => it.setState(peer, state),
    readAll: (peer) => it.readAll(peer),
    setReadMarks: (peer, marks) => {
      it.readMarks.set(peer, marks);
    },
    addPeer: (name, state) => it.addPeer(name, state),
    refuse: (peer, error) => {
      it.refusals.set(peer, error);
    },
    emit: (event) => it.emit(event),
    retried: () => it.retried,
    typed: () => it.typed,
    replace: (peers) => {
      it.replaced = peers;
    },
    lines: () => it.history,
    isClosed: () => it.isClosed,
    subscribers: () => it.queues.size,
  };
}

/** The data and the functions of the fake. */
class Fake {
  timerSeconds = 0;
  readonly peers = new Map<string, PeerEvent>();
  readonly refusals = new Map<string, NodeError>();
  readonly history: MessageEvent[] = [];
  readonly queues = new Set<EventQueue>();
  readonly readSeqs = new Map<string, number>();
  readonly choices = new Map<string, ContactChoice>();
  readonly readMarks = new Map<string, NonNullable<ContactInfo['readMarks']>>();
  readonly retried: (string | null)[] = [];
  /** Contacts that an accepted key replaces. */
  replaced: readonly PeerEvent[] = [];
  emittedSeq = 0;
  /** The arguments of `setTyping`. */
  readonly typed: (readonly [string, boolean])[] = [];
  privacy: PrivacyInfo = { receipts: 'verified', typing: 'verified' };
  status: PresenceEvent = { type: 'presence', presence: 'here' };
  name: string;
  isClosed = false;
  readonly #home: string;
  readonly #outboxMax: number;
  #waiting = 0;

  constructor(options: FakeNodeOptions) {
    this.name = options.name ?? 'alice';
    this.#home = options.home ?? '/home/alice';
    this.#outboxMax = options.outboxMax ?? 10_000;
  }

  self(): SelfInfo {
    return {
      id: idOf('me'),
      name: this.name,
      tag: idOf('me').slice(0, 4).toLowerCase(),
      addresses: ['10.0.0.1', 'fe80::1'],
      port: 6001,
      pid: process.pid,
      home: this.#home,
      bound: '0.0.0.0',
    };
  }

  setStatus(presence: PresenceEvent['presence'], text: string): PresenceEvent {
    this.status = { type: 'presence', presence, ...(text === '' ? {} : { statusText: text }) };
    this.emit(this.status);
    return this.status;
  }

  emit(event: NodeEvent): void {
    for (const queue of this.queues) queue.push(event);
  }

  update(peer: PeerEvent, key = peer.name): PeerEvent {
    this.peers.set(key, peer);
    this.emit(peer);
    return peer;
  }

  /** Operations that were asked for, in order. */
  readonly operations: (readonly [string, Operation, string | undefined])[] = [];

  operate(word: string, operation: Operation, peer: string | undefined): Result<StatusEvent, NodeError> {
    this.operations.push([word, operation, peer]);
    if (word === 'dead') return err({ code: 'message/unknown', id: word });
    return ok({ type: 'status', id: idOf('op'), peer: peer ?? 'bob', state: 'queued' });
  }

  find(word: string): Result<PeerEvent, NodeError> {
    const peers = [...this.peers.values()];
    const exact = peers.find(({ name, tag, id, address, port }) =>
      [`${name}#${tag}`, id, `${address}:${port}`].includes(word),
    );
    if (exact !== undefined) return ok(exact);
    const named = peers.filter(({ name, dialect }) => name === word && dialect === 'native');
    const [first, second] = named;
    const candidates = named.map(({ name, tag }) => `${name}#${tag}`);
    if (second !== undefined) return err({ code: 'chat/ambiguous-peer', peer: word, candidates });
    const found = first ?? peers.find(({ name }) => name === word);
    return found === undefined ? err({ code: 'chat/unknown-peer', peer: word }) : ok(found);
  }

  append(peer: PeerEvent, direction: 'in' | 'out', text: string, id?: string): MessageEvent {
    const seq = this.history.length + 1;
    const at = new Date(Date.UTC(2026, 4, 1, 12, 0, 0) + seq * 1_000).toISOString();
    const line: MessageEvent = {
      type: 'message',
      seq,
      id: id ?? `01890000-0000-7000-8000-${String(seq).padStart(12, '0')}`,
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
    this.history.push(line);
    this.emit(line);
    return line;
  }

  sendAll(
    word: string,
    texts: readonly string[],
    ids: readonly string[],
  ): Result<readonly StatusEvent[], NodeError> {
    return this.#check(word, texts).map((peer) =>
      texts.map((text, at) => {
        const line = this.append(peer, 'out', text, ids[at]);
        this.#waiting += 1;
        const status: StatusEvent = { type: 'status', id: line.id, peer: peer.name, state: 'queued' };
        this.emit(status);
        this.#deliver(line);
        return status;
      }),
    );
  }

  verify(word: string, code: string | null): Result<SafetyInfo, NodeError> {
    return this.find(word).andThen((peer): Result<SafetyInfo, NodeError> => {
      if (code !== null && digits(code) !== digits(safetyCode)) {
        return err({ code: 'chat/code-mismatch', peer: peer.name });
      }
      return ok({ peer: this.update({ ...peer, verified: true }), code: safetyCode, verified: true });
    });
  }

  setState(peer: string, state: PeerState): void {
    this.update({ ...this.find(peer)._unsafeUnwrap(), state });
    if (state !== 'online') return;
    for (const line of this.history) {
      if (line.peer === peer && line.direction === 'out' && line.state === 'queued') this.#deliver(line);
    }
  }

  readAll(name: string): void {
    const at = '2026-05-01T13:00:00.000Z';
    const got = this.history.filter(
      ({ direction, peer, state }) => direction === 'out' && peer === name && state === 'delivered',
    );
    for (const line of got) this.history[line.seq - 1] = { ...line, readAt: at };
    const last = got.at(-1);
    if (last === undefined) return;
    const { peer, peerId, conversation, id: upTo, seq } = last;
    this.emit({ type: 'read', peer, peerId, conversation, upTo, seq, at });
  }

  addPeer(name: string, state: PeerState = 'online'): PeerEvent {
    return this.update({
      type: 'peer',
      state,
      name,
      id: idOf(name),
      tag: idOf(name).slice(0, 4).toLowerCase(),
      address: '10.0.0.2',
      port: 6001 + this.peers.size,
      dialect: 'native',
      verified: false,
      lastSeen: '2026-05-01T12:00:00.000Z',
      unread: 0,
    });
  }

  unread(): readonly UnreadInfo[] {
    return [...this.peers.values()]
      .map((peer) => {
        const readSeq = this.readSeqs.get(peer.id) ?? 0;
        const { length: unread } = this.history.filter(
          ({ peerId, direction, seq }) => peerId === peer.id && direction === 'in' && seq > readSeq,
        );
        return { peer: { ...peer, unread }, unread, readSeq, countedSeq: this.history.length };
      })
      .filter(({ unread }) => unread > 0);
  }

  markRead(word: string, upToSeq: number | null): Result<PeerEvent, NodeError> {
    return this.find(word).map((peer) => {
      const before = this.readSeqs.get(peer.id) ?? 0;
      this.readSeqs.set(peer.id, Math.max(before, upToSeq ?? this.history.length));
      return this.update(
        this.unread().find(({ peer: { id } }) => id === peer.id)?.peer ?? { ...peer, unread: 0 },
      );
    });
  }

  contact(peer: PeerEvent): ContactInfo {
    const { alias = '', note = '', muted = false } = this.choices.get(peer.id) ?? {};
    const firstSeen = '2026-05-01T12:00:00.000Z';
    const readMarks = this.readMarks.get(peer.name) ?? 'on';
    return { peer, alias, note, muted, readMarks, standing: 'accepted', firstSeen, hasKey: true };
  }

  withdraw({ name, id: peerId }: PeerEvent, ids: readonly string[]): readonly StatusEvent[] {
    const found = this.history.filter(
      (line) => line.peerId === peerId && ids.includes(line.id) && line.state === 'queued',
    );
    return found.map((line): StatusEvent => {
      this.history[line.seq - 1] = { ...line, state: 'failed' };
      return { type: 'status', id: line.id, peer: name, state: 'failed', reason: 'withdrawn' };
    });
  }

  addForeignPeer(name: string): PeerEvent {
    const [dialect, address] = ['cmp2204', '10.0.0.9'] as const;
    const id = `${dialect}://${address}`;
    const row: PeerEvent = { ...this.addPeer(id), name, id, dialect, address };
    return this.update(row, id);
  }

  addNamesake(name: string): PeerEvent {
    const other = `other ${name}`;
    return this.update({ ...this.addPeer(other), name }, other);
  }

  erase({ peer, beforeMs = Infinity, id }: EraseOptions): Result<ErasedInfo, NodeError> {
    const found = peer === undefined ? ok(null) : this.find(peer);
    return found.map((row) => {
      const isWanted = (line: MessageEvent): boolean =>
        (row === null || line.peerId === row.id) &&
        Date.parse(line.receivedAt) < beforeMs &&
        (id === undefined || line.id === id);
      const kept = this.history.filter((line) => !isWanted(line));
      const removed = this.history.length - kept.length;
      this.history.splice(0, this.history.length, ...kept);
      return { removed, upToSeq: 0, isLast: true };
    });
  }

  events(sinceSeq: number | undefined): AsyncIterable<NodeEvent> {
    const queue = new EventQueue();
    this.queues.add(queue);
    const { id, name, port, pid } = this.self();
    queue.push({ type: 'ready', id, name, address: '0.0.0.0', port, pid });
    if (sinceSeq !== undefined) for (const line of this.history) if (line.seq > sinceSeq) queue.push(line);
    if (this.isClosed) queue.push({ type: 'bye' });
    return queue.read(() => this.queues.delete(queue));
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.emit({ type: 'bye' });
  }

  #check(word: string, texts: readonly string[]): Result<PeerEvent, NodeError> {
    return this.find(word).andThen((peer): Result<PeerEvent, NodeError> => {
      const refusal = this.refusals.get(peer.name);
      if (refusal !== undefined) return err(refusal);
      for (const text of texts) {
        const gotBytes = Buffer.byteLength(text);
        if (gotBytes === 0) return err({ code: 'chat/text-empty' });
        if (gotBytes > 65_536) return err({ code: 'chat/text-too-long', limitBytes: 65_536, gotBytes });
      }
      const limit = this.#outboxMax;
      return this.#waiting + texts.length > limit ? err({ code: 'chat/outbox-full', limit }) : ok(peer);
    });
  }

  #deliver(line: MessageEvent): void {
    setImmediate(() => {
      if (this.peers.get(line.peer)?.state !== 'online') return;
      if (this.history[line.seq - 1]?.state === 'queued') this.#waiting -= 1;
      for (const state of ['sent', 'delivered'] as const) {
        this.history[line.seq - 1] = { ...line, state };
        this.emit({ type: 'status', id: line.id, peer: line.peer, state });
      }
    });
  }
}

const digits = (text: string): string => text.replace(/\s/g, '');

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
