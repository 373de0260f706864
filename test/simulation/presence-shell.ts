/**
 * The actors of presence, in memory: announces this node on a simulated network at intervals, and passes each datagram
 * that arrives through the real gate into the real roster. The network may drop, double, delay and reorder datagrams,
 * and hostile hosts send their own.
 */
import { createHash } from 'node:crypto';
import { beaconSocket as shellLimits } from '../../src/actors/presence/limits.js';
import type { Presence } from '../../src/chat/people/presence.js';
import { createBeaconGate, type BeaconGate, type BeaconSource } from '../../src/chat/presence/beacon-gate.js';
import { roster as limits } from '../../src/chat/presence/limits.js';
import { createRoster, type Roster } from '../../src/chat/presence/roster.js';
import type { PeerId } from '../../src/ids.js';
import {
  beaconSigningBytes,
  decodeBeacon,
  encodeBeacon,
  encodeBeaconBody,
  verifyBeacon,
  type BeaconRecord,
  type SignedBeacon,
} from '../../src/wire/beacon.js';
import { fromHex } from '../../src/wire/bytes.js';
import type { VirtualClock } from './clock.js';
import { isSigned, type KeyedIdentity } from './keyed-identity.js';

/** The bytes of one datagram. All that hear it read the same ones, and check the same signature. */
export class Sent {
  readonly bytes: Uint8Array;
  #decoded: ReturnType<typeof decodeBeacon> | null = null;
  #isGenuine: boolean | null = null;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  decoded(): ReturnType<typeof decodeBeacon> {
    this.#decoded ??= decodeBeacon(this.bytes);
    return this.#decoded;
  }

  isGenuine(beacon: SignedBeacon, isReal: boolean): boolean {
    this.#isGenuine ??= verifyBeacon(beacon, (idKey, message, signature) =>
      isSigned(isReal, idKey, message, signature),
    );
    return this.#isGenuine;
  }
}

/** One datagram on its way. */
export interface Datagram {
  readonly sent: Sent;
  readonly host: string;
  /** It was sent to one host alone, to the socket that this host's own beacons leave by. */
  readonly isReply: boolean;
}

export interface PresenceOptions {
  readonly clock: VirtualClock;
  readonly wallMs: () => number;
  readonly identity: () => KeyedIdentity;
  readonly host: () => string;
  /** To every host in reach, or to one. */
  readonly send: (bytes: Uint8Array, to: string | null) => void;
  readonly tell: (rows: readonly Presence[]) => void;
  readonly twin: (address: string) => void;
}

const beaconPort = 6_000;
export class PresenceShell {
  readonly #options: PresenceOptions;
  readonly #roster: Roster = createRoster({});
  readonly #gate: BeaconGate;
  readonly #untold = new Map<PeerId, Presence>();
  /** The datagram that is judged. */
  #heard: Sent | null = null;
  #described: { readonly name: string; readonly tcpPort: number } | null = null;
  #awaited: ReadonlySet<PeerId> = new Set();
  #seq = 0;
  #isOver = false;
  #isTelling = false;
  #twinToldAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: PresenceOptions) {
    this.#options = options;
    const { bootIdHex, peerId, secret } = options.identity();
    // As an actor that starts again within a run: its numbers go on from the uptime.
    this.#seq = Math.floor(options.clock.nowMs / 100);
    this.#gate = createBeaconGate({
      secret: new Uint8Array(createHash('sha256').update(`${secret} ${bootIdHex} cookies`).digest()),
      ownId: peerId,
      ownBootId: fromHex(bootIdHex),
      standingOf: (peer) => this.#roster.standingOf(peer),
      decode: (bytes) => this.#heard?.decoded() ?? decodeBeacon(bytes),
      isKnownAddress: (peer, host) => this.#roster.isKnownAddress(peer, host),
    });
    this.#repeat(limits.beaconIntervalMs, () => this.#announce(null));
    this.#repeat(shellLimits.ageEveryMs, () => this.#tell(this.#roster.tick(this.#clocks())));
  }

  get rowCount(): number {
    return this.#roster.rows().length;
  }

  /** Sets the text of the beacons; the first one goes out at once. */
  describe(name: string, tcpPort: number): void {
    this.#described = { name, tcpPort };
    this.#announce(null);
  }

  contacts(peerIds: readonly PeerId[]): void {
    this.#roster.setContacts(peerIds);
  }

  awaited(peerIds: readonly PeerId[]): void {
    this.#awaited = new Set(peerIds);
  }

  recall(rows: readonly Presence[]): void {
    this.#roster.recall(rows, this.#clocks());
  }

  hear({ sent, host, isReply }: Datagram): void {
    if (this.#isOver) return;
    const source: BeaconSource = { address: host, port: beaconPort, isLocal: false, isReply };
    this.#heard = sent;
    const decision = this.#gate.judge(sent.bytes, source, this.#clocks());
    switch (decision.type) {
      case 'drop':
      case 'foreign':
        return;
      case 'challenge':
        return this.#options.send(decision.bytes, host);
      case 'answer':
        return this.#answer(decision.nonce, decision.bytesMax, host);
      case 'verify':
        return this.#settle(decision, sent, source);
    }
  }

  /** Says goodbye, or just falls silent. */
  end(isOrderly: boolean): void {
    if (isOrderly) this.#announce(null, 'bye');
    this.#isOver = true;
  }

  #settle(pending: Parameters<BeaconGate['settle']>[0], sent: Sent, source: BeaconSource): void {
    const isReal = this.#options.identity().local !== null;
    const isGenuine = sent.isGenuine(pending.beacon, isReal);
    const settled = this.#gate.settle(pending, isGenuine, this.#clocks());
    const { address } = source;
    if (settled.type === 'twin') this.#tellTwin(address);
    if (settled.type !== 'heard') return;
    const { peerId, record, answer, isAddressProven } = settled;
    const isNew = !this.#roster.isOfRun(peerId, record.bootId);
    this.#tell(this.#roster.heard(peerId, record, source, this.#clocks()));
    const row = this.#awaited.has(peerId) ? this.#roster.row(peerId) : null;
    if (row !== null) this.#tell([row]);
    if (answer !== null) this.#answer(answer.nonce, answer.bytesMax, address);
    else if (isNew && record.kind !== 'bye') {
      const bytes = this.#datagram('announce', null, true);
      if (bytes === null) return;
      const isShort = bytes.byteLength <= (isAddressProven ? Infinity : pending.requestBytes);
      if (isShort) this.#options.send(bytes, address);
      else this.#announce(null);
    }
  }

  #answer(nonce: Uint8Array, bytesMax: number, host: string): void {
    const bytes = this.#datagram('answer', nonce, true);
    if (bytes !== null && bytes.byteLength <= bytesMax) this.#options.send(bytes, host);
  }

  #announce(to: string | null, kind: BeaconRecord['kind'] = 'announce'): void {
    const bytes = this.#datagram(kind, null, false);
    if (bytes !== null) this.#options.send(bytes, to);
  }

  #datagram(kind: BeaconRecord['kind'], nonce: Uint8Array | null, isReply: boolean): Uint8Array | null {
    const { identity, host, wallMs } = this.#options;
    if (this.#described === null || this.#isOver) return null;
    this.#seq += 1;
    const { idKey, bootIdHex, certificateSerial, sign } = identity();
    const body = encodeBeaconBody({
      kind,
      idKey,
      bootId: fromHex(bootIdHex),
      seq: kind === 'bye' ? shellLimits.seqLast : this.#seq,
      timeMs: Math.max(0, wallMs()),
      ...this.#described,
      wireVersions: [1],
      certificateSerial,
      nonce,
      instance: null,
    });
    const signature = sign(beaconSigningBytes(body));
    const [username, ipAddress] = isReply ? ['', ''] : [this.#described.name, host()];
    return encodeBeacon({ username, ipAddress, body, signature });
  }

  #tellTwin(address: string): void {
    const { nowMs } = this.#options.clock;
    if (nowMs - this.#twinToldAtMs < shellLimits.twinToldEveryMs) return;
    this.#twinToldAtMs = nowMs;
    this.#options.twin(address);
  }

  /** Changes that come together are reported together. */
  #tell(rows: readonly Presence[]): void {
    for (const row of rows) this.#untold.set(row.peerId, row);
    if (this.#untold.size === 0 || this.#isTelling) return;
    this.#isTelling = true;
    this.#options.clock.after(shellLimits.tellAfterMs, () => {
      this.#isTelling = false;
      const told = [...this.#untold.values()];
      this.#untold.clear();
      if (!this.#isOver) this.#options.tell(told);
    });
  }

  #repeat(everyMs: number, work: () => void): void {
    this.#options.clock.after(everyMs, () => {
      if (this.#isOver) return;
      work();
      this.#repeat(everyMs, work);
    });
  }

  #clocks() {
    return { nowMs: this.#options.clock.nowMs, wallClockMs: this.#options.wallMs() };
  }
}
