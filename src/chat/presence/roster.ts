/**
 * The roster: one row per identity, fed by beacons with a checked signature and by announcements of the oldest
 * dialect, aged by the clock. A row is a hint: only a handshake proves an address. Pure; bounded.
 */
import type { PeerId } from '../../ids.js';
import { foreignPorts } from '../../dialects/limits.js';
import { roster as limits } from './limits.js';
import { isLinkLocalV6, isV6, sourceKey } from '../../wire/address-space.js';
import type { BeaconDatagram, BeaconRecord } from '../../wire/beacon.js';
import type { BeaconSource, Clocks, Standing } from './beacon-gate.js';
import { foreignPeerId, sanitiseName } from '../people/name.js';
import type { Presence } from '../people/presence.js';

/** The content of an announcement of cmp2204. */
export type ForeignBeacon = Omit<Extract<BeaconDatagram, { readonly kind: 'foreign' }>, 'kind'>;

/**
 * The rows of all peers on the network. Every call returns the rows that are new or changed in more than
 * `lastSeenMs`. A row that ended (goodbye, too long unseen, displaced) is returned once more, as `offline`.
 */
export interface Roster {
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
  rows(): readonly Presence[];
}

interface Address {
  readonly host: string;
  readonly port: number;
  readonly heardAtMs: number;
}

interface Row {
  readonly presence: Presence;
  /** Monotonic. */
  readonly seenAtMs: number;
  readonly addresses: readonly Address[];
  /** The address that it is counted under; `homeMax`: rows that this address may hold. */
  readonly home: string;
  /** The /64 of an IPv6 address; null: IPv4. Kept, since a flood compares it with that of every row. */
  readonly network: string | null;
  readonly homeMax: number;
}

/** Creates an empty roster. Defaults are those of `limits.ts`. */
export function createRoster(
  options: { readonly beaconIntervalMs?: number; readonly rowsMax?: number } = {},
): Roster {
  return new Rows(options.beaconIntervalMs ?? limits.beaconIntervalMs, options.rowsMax ?? limits.rowsMax);
}

class Rows implements Roster {
  readonly #rows = new Map<PeerId, Row>();
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
    return this.#put({ presence, seenAtMs: clocks.nowMs, addresses, ...homeOf(source) });
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
    return this.#put({ presence, seenAtMs: clocks.nowMs, addresses, ...homeOf(source) });
  }

  recall(rows: readonly Presence[], { nowMs }: Clocks): void {
    for (const presence of rows) {
      const { peerId, state, addresses: known } = presence;
      if (this.#rows.has(peerId) || this.#rows.size >= this.#rowsMax) continue;
      const seenAtMs = state === 'online' ? nowMs : nowMs - this.#onlineMs(presence) - 1;
      const addresses = known.map((address) => ({ ...address, heardAtMs: seenAtMs }));
      const home = homeOf({ address: known[0]?.host ?? '', isLocal: false });
      this.#rows.set(peerId, { presence, seenAtMs, addresses, ...home });
    }
  }

  tick({ nowMs }: Clocks): readonly Presence[] {
    return [...this.#rows.values()].flatMap((row) => {
      const ageMs = nowMs - row.seenAtMs;
      if (ageMs > limits.awayMs) return [this.#remove(row)];
      const state = ageMs <= this.#onlineMs(row.presence) ? 'online' : 'away';
      if (state === row.presence.state) return [];
      const presence: Presence = { ...row.presence, state };
      this.#rows.set(presence.peerId, { ...row, presence });
      return [presence];
    });
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

  rows(): readonly Presence[] {
    return [...this.#rows.values()].map((row) => row.presence);
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
    this.#rows.set(peerId, row);
    return before && isSame(before.presence, row.presence) ? gone : [...gone, row.presence];
  }

  /**
   * Returns the rows to remove so that `row` fits: one of its own address, else of the address with most rows. Null:
   * there is no room.
   */
  #displacedBy(row: Row): readonly Row[] | null {
    const isContact = this.#contacts.has(row.presence.peerId);
    const strangers = [...this.#rows.values()].filter((other) => !this.#contacts.has(other.presence.peerId));
    const isForeign = row.presence.dialect !== 'native';
    const foreign = strangers.filter(({ presence }) => presence.dialect !== 'native');
    const neighbours = strangers.filter((other) => other.home === row.home);
    if (!isContact && neighbours.length >= row.homeMax) return longestUnseen(neighbours);
    if (!isContact && row.network !== null) {
      // One host can have every address of its /64.
      const network = strangers.filter((other) => other.network === row.network);
      if (network.length >= limits.rowsPerNetworkMax) return longestUnseen(network);
    }
    if (isForeign && !isContact && foreign.length >= limits.foreignRowsMax) return longestUnseen(foreign);
    if (this.#rows.size < this.#rowsMax) return [];
    // A foreign row is unproved: it goes before any native one, and displaces none.
    if (foreign.length > 0) return longestUnseen(foreign);
    if (isForeign && !isContact) return null;
    if (strangers.length > 0) return longestUnseen(largestHome(strangers));
    return isContact ? [] : null;
  }

  #remove(row: Row): Presence {
    this.#rows.delete(row.presence.peerId);
    return { ...row.presence, state: 'offline' };
  }
}

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

const isSame = (a: Presence, b: Presence): boolean =>
  JSON.stringify({ ...a, lastSeenMs: 0 }) === JSON.stringify({ ...b, lastSeenMs: 0 });
