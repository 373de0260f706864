/**
 * The roster: one row per identity, fed by beacons with a checked signature and by announcements of the oldest
 * dialect, aged by the clock. A row is a hint: only a handshake proves an address. Pure; bounded.
 */
import type { PeerId } from '../../ids.js';
import { foreignPorts } from '../../dialects/limits.js';
import { roster as limits } from './limits.js';
import { isLinkLocalV6, isV6, sourceKey } from '../../wire/address-space.js';
import type { BeaconDatagram, BeaconRecord } from '../../wire/beacon.js';
import { isSame } from '../../wire/bytes.js';
import { isSameStatus } from '../../wire/status.js';
import type { BeaconGateOptions, BeaconSource, Clocks, Standing } from './beacon-gate.js';
import { foreignPeerId, sanitiseName } from '../people/name.js';
import type { Presence } from '../people/presence.js';

/** The content of an announcement of cmp2204. */
export type ForeignBeacon = Omit<Extract<BeaconDatagram, { readonly kind: 'foreign' }>, 'kind'>;

/**
 * The rows of all peers on the network. Every call returns the rows that are new or changed in more than
 * `lastSeenMs`. A row that ended (goodbye, too long unseen, displaced) is returned once more, as `offline`.
 */
export interface Roster {
  /** Silence after which a native peer counts as away, ms. */
  readonly onlineMs: number;
  /** A beacon that the gate settled as heard. */
  heard(peerId: PeerId, record: BeaconRecord, source: BeaconSource, clocks: Clocks): readonly Presence[];
  /** An announcement of the oldest dialect. */
  heardForeign(announced: ForeignBeacon, source: BeaconSource, clocks: Clocks): readonly Presence[];
  /** Takes over the rows of an earlier roster. Their peers announce themselves soon, or age from now on. */
  recall(rows: readonly Presence[], clocks: Clocks): void;
  /** Ages the rows; call about once a second. */
  tick(clocks: Clocks): readonly Presence[];
  /** Sets the peers whose rows are never displaced. */
  setContacts(peerIds: Iterable<PeerId>): void;
  standingOf(peerId: PeerId): Standing;
  isKnownAddress(peerId: PeerId, host: string): boolean;
  /** Whether the row of the peer is of this run of it. */
  isOfRun(peerId: PeerId, bootId: Uint8Array): boolean;
  /** Returns the row of a peer, or null. */
  row(peerId: PeerId): Presence | null;
  rows(): readonly Presence[];
}

interface Address {
  readonly host: string;
  readonly port: number;
  heardAtMs: number;
}

interface Row {
  /** Up to the last change; `lastSeenMs` of the row is newer where beacons have only repeated it. */
  readonly presence: Presence;
  lastSeenMs: number;
  /** Monotonic. */
  seenAtMs: number;
  readonly addresses: readonly Address[];
  /** The address that it is counted under; `homeMax`: rows that this address may hold. */
  readonly home: string;
  /** The /64 of an IPv6 address; null: IPv4. Kept, since a flood compares it with that of every row. */
  readonly network: string | null;
  readonly homeMax: number;
  /** The name as it was announced; null: announced by no beacon. */
  readonly rawName: string | null;
  /** The run that was announced; null: announced by no beacon. */
  readonly bootId: Uint8Array | null;
}

/** Creates an empty roster. Defaults are those of `limits.ts`. */
export function createRoster(
  options: { readonly beaconIntervalMs?: number; readonly rowsMax?: number } = {},
): Roster {
  return new Rows(options.beaconIntervalMs ?? limits.beaconIntervalMs, options.rowsMax ?? limits.rowsMax);
}

/**
 * Returns the answers of a roster to the gate. While this side may send nothing it can challenge nobody, so a stranger
 * counts as known to the roster; a contact keeps the budget of contacts.
 */
export const gateViewOf = (
  roster: Pick<Roster, 'standingOf' | 'isKnownAddress'>,
  isInvisible: () => boolean,
): Pick<BeaconGateOptions, 'standingOf' | 'isKnownAddress'> => ({
  standingOf(peerId) {
    const standing = roster.standingOf(peerId);
    return standing === 'unknown' && isInvisible() ? 'rostered' : standing;
  },
  isKnownAddress: (peerId, host) => isInvisible() || roster.isKnownAddress(peerId, host),
});

class Rows implements Roster {
  readonly #rows = new Map<PeerId, Row>();
  /** How many rows, contacts included, each address and each /64 has: below its bound no row is looked at. */
  readonly #counts = new Map<string, number>();
  readonly #rowsMax: number;
  readonly #nativeOnlineMs: number;
  #contacts: ReadonlySet<PeerId> = new Set();

  constructor(beaconIntervalMs: number, rowsMax: number) {
    this.#rowsMax = rowsMax;
    this.#nativeOnlineMs = limits.missedBeaconsMax * beaconIntervalMs + limits.missedBeaconGraceMs;
  }

  heard(peerId: PeerId, record: BeaconRecord, source: BeaconSource, clocks: Clocks): readonly Presence[] {
    const before = this.#rows.get(peerId);
    if (record.kind === 'bye') return before ? [this.#remove(before)] : [];
    if (before !== undefined && isRepeated(before, record, source.address)) {
      refresh(before, clocks);
      return [];
    }
    const bootIdHex = Buffer.from(record.bootId).toString('hex');
    // Addresses of an earlier run are dropped, since another host may have them now.
    const known = before?.presence.bootIdHex === bootIdHex ? before.addresses : [];
    const addresses = ranked(known, source.address, record.tcpPort, clocks.nowMs, this.#nativeOnlineMs);
    const presence: Presence = {
      peerId,
      name: sanitiseName(record.name).unwrapOr('unnamed'),
      state: 'online',
      addresses: addresses.map(({ host, port }) => ({ host, port })),
      dialect: 'native',
      lastSeenMs: clocks.wallClockMs,
      bootIdHex,
      certificateSerial: record.certificateSerial,
      ...(record.status === undefined ? {} : { status: record.status }),
    };
    const announced = { rawName: record.name, bootId: record.bootId };
    return this.#put({ ...rowOf(presence, clocks.nowMs), addresses, ...announced, ...homeOf(source) });
  }

  heardForeign(
    { username, hasAddress }: ForeignBeacon,
    source: BeaconSource,
    clocks: Clocks,
  ): readonly Presence[] {
    const name = sanitiseName(username);
    const peerId = foreignPeerId('cmp2204', source.address, foreignPorts.cmp2204);
    if (name.isErr() || peerId === null) return [];
    const address = { host: source.address, port: foreignPorts.cmp2204 };
    const presence: Presence = {
      peerId,
      name: name.value,
      state: 'online',
      addresses: [address],
      dialect: 'cmp2204',
      lastSeenMs: clocks.wallClockMs,
      bootIdHex: '',
      announcesAddress: hasAddress,
    };
    const addresses = [{ ...address, heardAtMs: clocks.nowMs }];
    return this.#put({ ...rowOf(presence, clocks.nowMs), addresses, ...homeOf(source) });
  }

  recall(rows: readonly Presence[], { nowMs }: Clocks): void {
    for (const presence of rows) {
      const { peerId, state, addresses: known } = presence;
      if (this.#rows.has(peerId) || this.#rows.size >= this.#rowsMax) continue;
      const seenAtMs = state === 'online' ? nowMs : nowMs - this.#onlineMs(presence) - 1;
      const addresses = known.map((address) => ({ ...address, heardAtMs: seenAtMs }));
      const home = homeOf({ address: known[0]?.host ?? '', isLocal: false });
      this.#set({ ...rowOf(presence, seenAtMs), addresses, ...home });
    }
  }

  tick({ nowMs }: Clocks): readonly Presence[] {
    const changed: Presence[] = [];
    for (const row of this.#rows.values()) {
      const ageMs = nowMs - row.seenAtMs;
      const state = ageMs <= this.#onlineMs(row.presence) ? 'online' : 'away';
      if (ageMs > limits.awayMs) changed.push(this.#remove(row));
      else if (state !== row.presence.state) {
        const presence: Presence = { ...presenceOf(row), state };
        this.#set({ ...row, presence });
        changed.push(presence);
      }
    }
    return changed;
  }

  setContacts(peerIds: Iterable<PeerId>): void {
    this.#contacts = new Set(peerIds);
  }

  standingOf(peerId: PeerId): Standing {
    if (this.#contacts.has(peerId)) return 'contact';
    return this.#rows.has(peerId) ? 'rostered' : 'unknown';
  }

  isKnownAddress(peerId: PeerId, host: string): boolean {
    return this.#rows.get(peerId)?.addresses.some((address) => address.host === host) ?? false;
  }

  isOfRun(peerId: PeerId, bootId: Uint8Array): boolean {
    const row = this.#rows.get(peerId);
    if (row === undefined) return false;
    if (row.bootId !== null) return isSame(row.bootId, bootId);
    return row.presence.bootIdHex === Buffer.from(bootId).toString('hex');
  }

  row(peerId: PeerId): Presence | null {
    const row = this.#rows.get(peerId);
    return row === undefined ? null : presenceOf(row);
  }

  rows(): readonly Presence[] {
    return [...this.#rows.values()].map(presenceOf);
  }

  get onlineMs(): number {
    return this.#nativeOnlineMs;
  }

  #onlineMs({ dialect }: Presence): number {
    return dialect === 'native' ? this.#nativeOnlineMs : limits.foreignOnlineMs;
  }

  #put(row: Row): readonly Presence[] {
    const { peerId } = row.presence;
    const before = this.#rows.get(peerId);
    const displaced = before ? [] : this.#displacedBy(row);
    if (displaced === null) return [];
    const gone = displaced.map((other) => this.#remove(other));
    this.#set(row);
    return before && isSamePresence(before.presence, row.presence) ? gone : [...gone, row.presence];
  }

  /**
   * Returns the rows to remove so that `row` fits: one of its own address, else of the address with most rows. Null:
   * there is no room.
   */
  #displacedBy(row: Row): readonly Row[] | null {
    const isContact = this.#contacts.has(row.presence.peerId);
    const isForeign = isForeignRow(row);
    if (!isContact && this.#countOf(row.home) >= row.homeMax) {
      const neighbours = this.#strangers(({ home }) => home === row.home);
      if (neighbours.length >= row.homeMax) return longestUnseen(neighbours);
    }
    // One host can have every address of its /64.
    if (!isContact && row.network !== null && this.#countOf(row.network) >= limits.rowsPerNetworkMax) {
      const network = this.#strangers((other) => other.network === row.network);
      if (network.length >= limits.rowsPerNetworkMax) return longestUnseen(network);
    }
    const isFull = this.#rows.size >= this.#rowsMax;
    const foreign = isFull || isForeign ? this.#strangers(isForeignRow) : [];
    if (isForeign && !isContact && foreign.length >= limits.foreignRowsMax) return longestUnseen(foreign);
    if (!isFull) return [];
    // A foreign row is unproved: it goes before any native one, and displaces none.
    if (foreign.length > 0) return longestUnseen(foreign);
    if (isForeign && !isContact) return null;
    const strangers = this.#strangers(() => true);
    if (strangers.length > 0) return longestUnseen(largestHome(strangers));
    return isContact ? [] : null;
  }

  #strangers(isWanted: (row: Row) => boolean): readonly Row[] {
    return [...this.#rows.values()].filter(
      (row) => isWanted(row) && !this.#contacts.has(row.presence.peerId),
    );
  }

  #countOf(place: string): number {
    return this.#counts.get(place) ?? 0;
  }

  #count({ home, network }: Row, change: 1 | -1): void {
    for (const place of network === null ? [home] : [home, network]) {
      const count = this.#countOf(place) + change;
      if (count === 0) this.#counts.delete(place);
      else this.#counts.set(place, count);
    }
  }

  #set(row: Row): void {
    const before = this.#rows.get(row.presence.peerId);
    if (before !== undefined) this.#count(before, -1);
    this.#count(row, 1);
    this.#rows.set(row.presence.peerId, row);
  }

  #remove(row: Row): Presence {
    if (this.#rows.delete(row.presence.peerId)) this.#count(row, -1);
    return { ...presenceOf(row), state: 'offline' };
  }
}

const isForeignRow = ({ presence }: Row): boolean => presence.dialect !== 'native';

const homeOf = (
  source: Pick<BeaconSource, 'address' | 'isLocal'>,
): Pick<Row, 'home' | 'network' | 'homeMax'> => ({
  home: source.address,
  network: isV6(source.address) ? sourceKey(source.address) : null,
  homeMax: source.isLocal ? limits.identitiesPerLocalAddressMax : limits.identitiesPerAddressMax,
});

/**
 * Ranks the addresses of a peer after a beacon from `host`. A new address comes first: the gate admits it once the
 * peer has proved that it receives there, so the peer has moved or has a second interface. Otherwise the order
 * changes only once the first address is silent, so that the row of a peer with two interfaces does not flicker.
 */
function ranked(
  known: readonly Address[],
  host: string,
  port: number,
  nowMs: number,
  silentMs: number,
): readonly Address[] {
  if (port === 0) return [];
  const heard: Address = { host, port, heardAtMs: nowMs };
  const isKnown = known.some((address) => address.host === host);
  const all = isKnown
    ? known.map((address) => (address.host === host ? heard : { ...address, port }))
    : [heard, ...known.map((address) => ({ ...address, port }))];
  const isSilent = (address: Address): boolean => nowMs - address.heardAtMs > silentMs;
  const live = all.filter((address) => !isSilent(address));
  const silent = all.filter(isSilent).toSorted((a, b) => b.heardAtMs - a.heardAtMs);
  // A link-local address of IPv6 works on one network only, and people cannot read it.
  const isLast = ({ host: other }: Address): boolean => isLinkLocalV6(other);
  const ordered = [...live.filter((each) => !isLast(each)), ...live.filter(isLast), ...silent];
  return ordered.slice(0, limits.addressesPerPeerMax);
}

function longestUnseen(rows: readonly Row[]): readonly Row[] {
  return rows.toSorted((a, b) => a.seenAtMs - b.seenAtMs).slice(0, 1);
}

function largestHome(rows: readonly Row[]): readonly Row[] {
  return [...groupByHome(rows).values()].reduce(
    (most, group) => (group.length > most.length ? group : most),
    [],
  );
}

function groupByHome(rows: readonly Row[]): ReadonlyMap<string, readonly Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groups.get(row.home);
    if (group) group.push(row);
    else groups.set(row.home, [row]);
  }
  return groups;
}

/** Notes a beacon that changes nothing but the time: by far the most frequent one. */
function refresh(row: Row, { nowMs, wallClockMs }: Clocks): void {
  const [address] = row.addresses;
  if (address !== undefined) address.heardAtMs = nowMs;
  row.seenAtMs = nowMs;
  row.lastSeenMs = wallClockMs;
}

const presenceOf = ({ presence, lastSeenMs }: Row): Presence =>
  presence.lastSeenMs === lastSeenMs ? presence : { ...presence, lastSeenMs };

const rowOf = (
  presence: Presence,
  seenAtMs: number,
): Pick<Row, 'presence' | 'lastSeenMs' | 'seenAtMs' | 'rawName' | 'bootId'> => ({
  presence,
  lastSeenMs: presence.lastSeenMs,
  seenAtMs,
  rawName: null,
  bootId: null,
});

/** Whether the beacon says what its row says already. A peer with several addresses may get them in another order. */
function isRepeated(
  { presence, addresses, rawName, bootId, home }: Row,
  record: BeaconRecord,
  host: string,
): boolean {
  const [address, ...others] = addresses;
  return (
    presence.state === 'online' &&
    presence.dialect === 'native' &&
    bootId !== null &&
    isSame(bootId, record.bootId) &&
    presence.certificateSerial === record.certificateSerial &&
    rawName === record.name &&
    isSameStatus(presence.status, record.status) &&
    // One other address stays behind: the first one is heard again, and only a third could change places with it.
    others.length <= 1 &&
    address?.host === host &&
    address.port === record.tcpPort &&
    home === host
  );
}

/** Whether two rows of one peer differ in nothing but `lastSeenMs`. */
const isSamePresence = (a: Presence, b: Presence): boolean =>
  a.state === b.state &&
  a.name === b.name &&
  a.bootIdHex === b.bootIdHex &&
  a.certificateSerial === b.certificateSerial &&
  a.announcesAddress === b.announcesAddress &&
  isSameStatus(a.status, b.status) &&
  a.addresses.length === b.addresses.length &&
  a.addresses.every(({ host, port }, at) => {
    const other = b.addresses[at];
    return other?.host === host && other.port === port;
  });
