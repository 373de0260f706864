/**
 * Hears peers without a node, under the identity and contacts of a home. Discovery runs alone: it announces nothing and
 * answers nobody. The home is locked only while its contacts are read.
 */
import { randomInt } from 'node:crypto';
import { err, type Result } from 'neverthrow';
import { openFile } from '../actors/history/open.js';
import { attemptDoubtful } from '../actors/history/sql.js';
import { HistoryStore } from '../actors/history/store.js';
import { beaconSocket } from '../actors/presence/limits.js';
import type { StoreError } from '../chat/errors.js';
import type { PeerEvent } from '../chat/events.js';
import type { PeopleEffect } from '../chat/people/effects.js';
import { People, type PeopleTurn } from '../chat/people/people.js';
import { sightingsOf } from '../chat/presence/sightings.js';
import { tokenOf } from '../chat/turn.js';
import type { Home } from '../home/home.js';
import { loadIdentity } from '../home/identity-file.js';
import type { PeerId } from '../ids.js';
import type { NodeError, NodeOptions } from './handle.js';
import { node as limits } from './limits.js';
import { newMessageId } from './message-id.js';
import { startPassiveDiscovery } from './passive/discovery.js';

/** A discovery that listens without a node. */
export interface Listening {
  /** Everybody heard so far, and every contact. */
  readonly rows: () => readonly PeerEvent[];
  readonly close: () => Promise<void>;
}

type OnRow = (row: PeerEvent) => void;

const turnOf = (onRow: OnRow): PeopleTurn => ({
  now: { monotonicMs: performance.now(), wallMs: Date.now() },
  random: () => randomInt(2 ** 32) / 2 ** 32,
  newMessageId,
  ownAddresses: () => [],
  newToken: () => tokenOf(0),
  emit(effect: PeopleEffect) {
    if (effect.to === 'feed' && effect.event.type === 'peer') onRow(effect.event);
  },
});

/**
 * Listens on the beacon ports and calls `onRow` for each change. Releases `home` at once. Errors: `home/…`, `store/…`,
 * `transport/beacon-ports-in-use`, `transport/cannot-listen`.
 */
export async function listenIn(
  home: Home,
  options: NodeOptions,
  onRow: OnRow,
): Promise<Result<Listening, NodeError>> {
  const identity = loadIdentity(home, Date.now());
  const people = identity.andThen((vault) => readPeople(home.historyFile, vault.peerId));
  home.release();
  if (identity.isErr()) return err(identity.error);
  if (people.isErr()) return err(people.error);
  const { bind = limits.bind, beaconPorts = beaconSocket.portsDefault } = options;
  const args = {
    bind,
    beaconPorts,
    intervalMs: options.beaconIntervalMs ?? limits.beaconIntervalMs,
    ownId: identity.value.peerId,
    ownBootId: identity.value.local.bootId,
  };
  const turn = turnOf(onRow);
  const started = await startPassiveDiscovery(
    args,
    (rows) => void sightingsOf(people.value, rows, turn),
    options.log,
  );
  return started.map(({ close }) => ({ rows: () => people.value.rows(), close }));
}

/** Reads contacts and unread messages. Errors: `store/…`. */
function readPeople(file: string, ownId: PeerId): Result<People, StoreError> {
  const unusable = (reason: string): StoreError => ({ code: 'store/unusable', file, reason });
  const sql = openFile(file);
  if (sql.isErr())
    return err(sql.error.code === 'damaged' ? unusable(`it is damaged: ${sql.error.reason}`) : sql.error);
  const read = attemptDoubtful(() => {
    const store = new HistoryStore(sql.value);
    const people = new People(ownId);
    const writtenTo = store.correspondents().filter(({ isWrittenTo }) => isWrittenTo);
    people.restore(
      store.contacts(),
      writtenTo.map(({ peerId }) => peerId),
      { marks: store.unseen().unread, countedSeq: store.newestSeq },
    );
    return people;
  });
  attemptDoubtful(() => sql.value.close());
  return read.mapErr((trouble) => unusable(trouble.message));
}
