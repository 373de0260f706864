/**
 * The actors of presence, in memory: announces this node on a simulated network at intervals, and keeps the real roster
 * of the announcements that arrive. The network may drop, double, delay and reorder them.
 */
import { beaconSocket as shellLimits } from '../../src/actors/presence/limits.js';
import type { Presence } from '../../src/chat/people/presence.js';
import { roster as limits } from '../../src/chat/presence/limits.js';
import { createRoster, type Roster } from '../../src/chat/presence/roster.js';
import type { PeerId } from '../../src/ids.js';
import type { BeaconRecord } from '../../src/wire/beacon.js';
import type { VirtualClock } from './clock.js';
import type { KeyedIdentity } from './keyed-identity.js';

/** An announcement on its way. */
export interface Announcement {
  readonly peerId: PeerId;
  readonly record: BeaconRecord;
  readonly host: string;
}

export interface PresenceOptions {
  readonly clock: VirtualClock;
  readonly wallMs: () => number;
  readonly identity: KeyedIdentity;
  readonly host: () => string;
  /** To every host in reach, or to one. */
  readonly send: (announcement: Announcement, to: string | null) => void;
  readonly tell: (rows: readonly Presence[]) => void;
}

export class PresenceShell {
  readonly #options: PresenceOptions;
  readonly #roster: Roster = createRoster({});
  readonly #untold = new Map<PeerId, Presence>();
  #described: { readonly name: string; readonly tcpPort: number } | null = null;
  #awaited: ReadonlySet<PeerId> = new Set();
  #seq = 0;
  #isOver = false;
  #isTelling = false;

  constructor(options: PresenceOptions) {
    this.#options = options;
    this.#repeat(limits.beaconIntervalMs, () => this.#announce(null));
    this.#repeat(shellLimits.ageEveryMs, () => this.#tell(this.#roster.tick(this.#clocks())));
  }

  /** What the announcements say from now on; the first one goes out at once. */
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

  hear({ peerId, record, host }: Announcement): void {
    if (this.#isOver || peerId === this.#options.identity.peerId) return;
    const bootIdHex = Buffer.from(record.bootId).toString('hex');
    const isNew = this.#roster.rows().every((row) => row.peerId !== peerId || row.bootIdHex !== bootIdHex);
    const source = { address: host, port: 6_000, isLocal: false };
    this.#tell(this.#roster.heard(peerId, record, source, this.#clocks()));
    if (this.#awaited.has(peerId)) this.#tell(this.#roster.rows().filter((row) => row.peerId === peerId));
    if (isNew && record.kind !== 'bye') this.#announce(host);
  }

  /** Says goodbye, or just falls silent. */
  end(isOrderly: boolean): void {
    if (isOrderly) this.#announce(null, 'bye');
    this.#isOver = true;
  }

  #announce(to: string | null, kind: BeaconRecord['kind'] = 'announce'): void {
    const { identity, host, wallMs, send } = this.#options;
    if (this.#described === null || this.#isOver) return;
    this.#seq += 1;
    const record: BeaconRecord = {
      kind,
      idKey: identity.idKey,
      bootId: new Uint8Array(Buffer.from(identity.bootIdHex, 'hex')),
      seq: this.#seq,
      timeMs: wallMs(),
      ...this.#described,
      wireVersions: [1],
      certificateSerial: identity.certificateSerial,
      nonce: null,
      instance: null,
    };
    send({ peerId: identity.peerId, record, host: host() }, to);
  }

  /** Changes that come together are told together. */
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
