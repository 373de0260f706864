/** Deliveries of outgoing entries, and the changes of their states. Throws `SqlTrouble`. */
import type { Correspondent, DeliveryState } from '../../chat/delivery/entry.js';
import { unreachable } from '../../exhaustive.js';
import { messageIdFromBytes, parsePeerId, type MessageId } from '../../ids.js';
import { history as limits } from './limits.js';
import type { PeerNumbers } from './peer-numbers.js';
import { idBytes, isWaiting, stateNumber, type EncodedEntry } from './rows.js';
import { bytesOf, integerOf, type Sql, type SqlValue } from './sql.js';
import { decodeText } from './text.js';

/** The changes that a mark made. */
export interface Marked {
  /** Messages that are in the state now, whether this mark moved them or an earlier one did. */
  readonly reached: readonly MessageId[];
  /** Growth of the outbox; below zero where it shrank. */
  readonly outboxEntries: number;
  readonly outboxBytes: number;
  /** Deliveries that this mark moved. */
  readonly moved: number;
}

/**
 * Moves deliveries to a peer to a later state: queued → sent → delivered, or failed; see `statesBefore`. Two statements
 * serve many rows, since a call into SQLite costs more than the work on one row.
 */
export function markDeliveries(
  sql: Sql,
  peerNo: number,
  ids: readonly MessageId[],
  state: DeliveryState,
): Marked {
  const reached: MessageId[] = [];
  let [outboxEntries, outboxBytes, moved] = [0, 0, 0];
  for (let at = 0; at < ids.length; at += limits.markChunkIds) {
    const chunk = markChunk(sql, peerNo, ids.slice(at, at + limits.markChunkIds), state);
    reached.push(...chunk.reached);
    outboxEntries += chunk.outboxEntries;
    outboxBytes += chunk.outboxBytes;
    moved += chunk.moved;
  }
  return { reached, outboxEntries, outboxBytes, moved };
}

function markChunk(sql: Sql, peerNo: number, ids: readonly MessageId[], state: DeliveryState): Marked {
  const from = statesBefore(state).map(stateNumber);
  const found = sql
    .prepare(
      `SELECT seq, CAST(delivery.state AS INTEGER), delivery.waits = 1, length(text), dialect = 0, CAST(id AS BLOB)
       FROM line JOIN delivery ON message = seq AND recipient = ?
       WHERE direction = 1 AND id IN (${placeholders})`,
    )
    .rows([peerNo, ...filled(ids.map(idBytes))]);
  const rows = found.filter((row) => from.includes(integerOf(row[1])));
  let [outboxEntries, outboxBytes] = [0, 0];
  // Of foreign programs no receipt comes, so a delivery to one waits no longer once it is sent.
  for (const isNative of [true, false]) {
    const waits = isWaiting(state, isNative ? 'native' : 'netech') ? 1 : 0;
    const group = rows.filter((row) => (integerOf(row[4]) === 1) === isNative);
    if (group.length === 0) continue;
    sql
      .prepare(
        `UPDATE delivery SET state = ?, waits = ? WHERE recipient = ? AND message IN (${placeholders})`,
      )
      .run([stateNumber(state), waits, peerNo, ...filled(group.map((row) => integerOf(row[0])))]);
    for (const row of group) {
      const step = waits - integerOf(row[2]);
      outboxEntries += step;
      outboxBytes += step * integerOf(row[3]);
    }
  }
  const wanted = stateNumber(state);
  const inState = found.filter((row) => row[1] === wanted || rows.includes(row));
  return {
    reached: inState.map((row) => messageIdFromBytes(bytesOf(row[5]))),
    outboxEntries,
    outboxBytes,
    moved: rows.length,
  };
}

const placeholders = Array.from({ length: limits.markChunkIds }, () => '?').join(', ');

/** Pads the values to the length of a chunk: one statement serves all lengths, and NULL equals nothing. */
const filled = (values: readonly SqlValue[]): readonly SqlValue[] => [
  ...values,
  ...Array.from({ length: limits.markChunkIds - values.length }, () => null),
];

/**
 * Returns the states from which a delivery may reach `state`. A late receipt turns even a failure into a delivery.
 */
function statesBefore(state: DeliveryState): readonly DeliveryState[] {
  switch (state) {
    case 'queued':
      return [];
    case 'sent':
      return ['queued'];
    case 'failed':
      return ['queued', 'sent'];
    case 'delivered':
      return ['queued', 'sent', 'failed'];
    default:
      return unreachable(state);
  }
}

/** Within a transaction: writes the deliveries of a written row. */
export function deliver(
  sql: Sql,
  peers: PeerNumbers,
  seq: number,
  { recipients, state, waits }: EncodedEntry,
): void {
  for (const recipient of recipients)
    sql
      .prepare('INSERT INTO delivery VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING')
      .run([seq, peers.give(recipient), state, waits]);
}

/** Reads the peers with entries: whether any was sent to them, and whether any waits. */
export function correspondentsOf(sql: Sql): readonly Correspondent[] {
  const rows = sql
    .prepare(
      `SELECT CAST(id AS BLOB), EXISTS(SELECT 1 FROM line WHERE peer_no = peer.no AND direction = 1),
         EXISTS(SELECT 1 FROM delivery WHERE recipient = peer.no AND waits = 1) FROM peer`,
    )
    .rows([]);
  return rows.flatMap(([id, isWrittenTo, isWaiting]) => {
    const peerId = parsePeerId(decodeText(bytesOf(id)));
    if (peerId.isErr()) return [];
    return [{ peerId: peerId.value, isWrittenTo: isWrittenTo === 1, isWaiting: isWaiting === 1 }];
  });
}
