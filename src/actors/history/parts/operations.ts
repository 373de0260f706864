/**
 * Operations on stored messages. The row of a message holds its present text and its reactions, so that reading a page
 * costs what it did before; `op` holds what an order-free fold needs. Every change happens in the transaction of the
 * operation. Throws `SqlTrouble`.
 */
import type { Appended, Direction } from '../../../chat/delivery/entry.js';
import {
  isAllowed,
  isChange,
  isEditNumber,
  lastEdit,
  revise,
  shownReactions,
  unrevised,
  type Change,
  type ChangeContent,
  type Revised,
} from '../../../chat/operations/revisions.js';
import { unreachable } from '../../../exhaustive.js';
import { messageIdFromBytes, type MessageId } from '../../../ids.js';
import { decodeContent, encodeReactions } from '../content.js';
import { operations as limits } from '../limits.js';
import { idBytes, type EncodedEntry } from '../rows.js';
import { indexText, unindexText } from '../search/search.js';
import { bytesOf, integerOf, type Sql } from '../sql.js';
import { encodeText } from '../text.js';
import { keepTimer } from './timers.js';

/** The consequences of written rows. */
export interface Consequences {
  /** Whether a row differs from the entry that was appended, so that readers get it from here. */
  readonly isAltered: boolean;
  /** Own messages and operations that need not be sent any more. */
  readonly cancelled: readonly MessageId[];
  /** Whether the bytes of the outbox must be counted again. */
  readonly isOutboxStale: boolean;
}

/** Nothing follows from most rows. */
export const noConsequences: Consequences = {
  isAltered: false,
  cancelled: [],
  isOutboxStale: false,
};

/** Returns the part of the answer to an append. */
export function summaryOf(follows: readonly Consequences[]): Pick<Appended, 'isAltered' | 'cancelled'> {
  const cancelled = follows.flatMap((each) => each.cancelled);
  return {
    ...(follows.some(({ isAltered }) => isAltered) ? { isAltered: true } : {}),
    ...(cancelled.length === 0 ? {} : { cancelled }),
  };
}

/** The row of a message that operations are about. */
interface Target {
  readonly seq: number;
  readonly peerNo: number;
  readonly direction: 0 | 1;
  readonly isText: boolean;
  readonly isDeleted: boolean;
}

/** The operations of one open file. */
export class Operations {
  readonly #sql: Sql;
  readonly #indexedSeq: () => number;
  /** Whether an operation waits for its message; null: not looked up in this transaction. */
  #hasWaiting: boolean | null = null;
  #hasErased = false;
  #erasedAtMs = Number.NEGATIVE_INFINITY;

  constructor(sql: Sql, indexedSeq: () => number) {
    this.#sql = sql;
    this.#indexedSeq = indexedSeq;
  }

  /** Whether a removed text may still be in the write-ahead log. */
  get hasErased(): boolean {
    return this.#hasErased;
  }

  /** Empties the write-ahead log where a removed text may be in it, now and then. Returns whether it did. */
  checkpointIfDue(nowMs: number): boolean {
    if (!this.#hasErased || nowMs - this.#erasedAtMs < limits.eraseEveryMs) return false;
    this.#hasErased = false;
    this.#erasedAtMs = nowMs;
    this.#sql.prepare('PRAGMA wal_checkpoint(TRUNCATE)').rows([]);
    return true;
  }

  /** Begins a transaction. */
  begin(): void {
    this.#hasWaiting = null;
  }

  /** Takes a row that was written: an operation changes its message, and a message gets the operations that wait. */
  written(seq: number, peerNo: number, line: EncodedEntry): Consequences {
    if (line.kind === 0) return this.#adopt(seq, peerNo, line);
    const content = decodeContent(line);
    if (content.type === 'timer') keepTimer(this.#sql, peerNo, line, content.seconds);
    if (!isChange(content)) return noConsequences;
    const target = this.#targetOf(peerNo, content, line.direction);
    if (target === 'foreign' || (target !== null && (!target.isText || target.isDeleted)))
      return this.#ignore(seq);
    this.#keep(seq, peerNo, line, content, target === null);
    if (target === null) {
      this.#hasWaiting = true;
      this.#boundWaiting(peerNo);
      return noConsequences;
    }
    return this.#change(target, seq, line, content);
  }

  /** Takes one operation more. Earlier edits stay in the file, unread: a peer may send thousands of them in one commit. */
  #change(target: Target, seq: number, line: EncodedEntry, content: ChangeContent): Consequences {
    const targetId = idBytes(content.target);
    switch (content.type) {
      case 'delete':
        return this.#erase(target, targetId, 1);
      case 'edit':
        return this.#edit(target, targetId, seq, line, content);
      case 'reaction':
        return this.#fold(target, targetId, seq);
      default:
        return unreachable(content);
    }
  }

  /** Takes one edit more: of two with one number the greater id stays, and only the last one is shown. */
  #edit(
    target: Target,
    targetId: Uint8Array,
    seq: number,
    { id, receivedAtMs }: EncodedEntry,
    { revision, text }: Extract<ChangeContent, { readonly type: 'edit' }>,
  ): Consequences {
    if (!isEditNumber(revision)) return this.#ignore(seq);
    const edits = 'FROM op WHERE target = ? AND peer_no = ? AND kind = ? AND seq <> CAST(? AS INTEGER)';
    const values = [targetId, target.peerNo, changeKinds.indexOf('edit'), seq];
    const [rival] = this.#sql
      .prepare(`SELECT CAST(seq AS INTEGER), CAST(id AS BLOB) ${edits} AND revision = ?`)
      .rows([...values, revision]);
    const isStale = rival !== undefined && Buffer.compare(bytesOf(rival[1]), id) >= 0;
    if (isStale) return this.#ignore(seq);
    // A text that lost leaves at once: a deletion of the message finds only what `op` names.
    if (rival !== undefined) this.#ignore(integerOf(rival[0]));
    const later = this.#sql.integer(`SELECT EXISTS(SELECT 1 ${edits} AND revision > ?)`, [
      ...values,
      revision,
    ]);
    return later === 1 ? noConsequences : this.#showEdit(target, text, receivedAtMs);
  }

  /** Replaces the text of a message that was never said, or (null) removes it. `isHere`: it is hidden here alone. */
  rewrite(seq: number, text: string | null, isHere: boolean): Consequences {
    const row = this.#sql
      .prepare(`SELECT ${targetColumns}, CAST(id AS BLOB) FROM line WHERE seq = ?`)
      .row([seq]);
    const target = row === undefined ? null : targetOf(row);
    if (target === null || !target.isText) return noConsequences;
    if (text === null) return this.#erase(target, bytesOf(row?.[5]), isHere ? 2 : 1);
    if (target.isDeleted) return noConsequences;
    this.#setText(target, text);
    this.#hasErased = true;
    return { ...noConsequences, isOutboxStale: true };
  }

  /** Removes a text whose time has ended, and hides its row. */
  expire(seq: number, isUnread: boolean): Consequences {
    const row = this.#sql
      .prepare(`SELECT ${targetColumns}, CAST(id AS BLOB) FROM line WHERE seq = ?`)
      .row([seq]);
    return row === undefined ? noConsequences : this.#erase(targetOf(row), bytesOf(row[5]), isUnread ? 3 : 2);
  }

  #adopt(seq: number, peerNo: number, { id, direction, receivedAtMs }: EncodedEntry): Consequences {
    this.#hasWaiting ??= this.#sql.integer('SELECT EXISTS(SELECT 1 FROM op WHERE waits = 1)') === 1;
    if (!this.#hasWaiting) return noConsequences;
    this.#sql
      .prepare('DELETE FROM op WHERE target = ? AND peer_no = ? AND waits = 1 AND at < ?')
      .run([id, peerNo, receivedAtMs - limits.waitingAgeMs]);
    const found = this.#sql
      .prepare('UPDATE op SET waits = 0 WHERE target = ? AND peer_no = ? AND waits = 1')
      .run([id, peerNo]);
    if (found === 0) return noConsequences;
    return this.#fold({ seq, peerNo, direction, isText: true, isDeleted: false }, id, null);
  }

  /** Finds the message; `foreign`: only a message of another author has this id. */
  #targetOf(peerNo: number, content: ChangeContent, author: 0 | 1): Target | 'foreign' | null {
    const rows = this.#sql
      .prepare(`SELECT ${targetColumns} FROM line WHERE id = ? AND peer_no = ?`)
      .rows([idBytes(content.target), peerNo]);
    const targets = rows.map(targetOf);
    const of = (direction: number) => targets.find((each) => each.direction === direction) ?? null;
    // Of two messages with one id, which only malice makes, both sides mean the one of the other author.
    if (content.type === 'reaction') return of(1 - author) ?? of(author);
    return of(author) ?? (targets.length > 0 ? 'foreign' : null);
  }

  #keep(
    seq: number,
    peerNo: number,
    { id, direction, receivedAtMs }: EncodedEntry,
    content: ChangeContent,
    waits: boolean,
  ): void {
    const revision = content.type === 'delete' ? 0 : content.revision;
    const emoji = content.type === 'reaction' ? encodeText(content.emoji) : null;
    const isOn = content.type === 'reaction' && content.isOn ? 1 : 0;
    this.#sql
      .prepare('INSERT OR REPLACE INTO op VALUES (CAST(? AS INTEGER), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
      .run([
        seq,
        peerNo,
        idBytes(content.target),
        waits ? 1 : 0,
        changeKinds.indexOf(content.type),
        direction,
        id,
        revision,
        emoji,
        isOn,
        receivedAtMs,
      ]);
  }

  #boundWaiting(peerNo: number): void {
    const count = this.#sql.integer('SELECT count(*) FROM op WHERE waits = 1 AND peer_no = ?', [peerNo]);
    if (count <= limits.waitingMax) return;
    const [seq] =
      this.#sql
        .prepare('SELECT CAST(min(seq) AS INTEGER) FROM op WHERE waits = 1 AND peer_no = ?')
        .row([peerNo]) ?? [];
    this.#ignore(integerOf(seq));
  }

  /**
   * Brings the row of a message to the state that its operations give. `seq`: the reaction that was added; null: all
   * operations count.
   */
  #fold(target: Target, targetId: Uint8Array, seq: number | null): Consequences {
    const rows = this.#sql
      .prepare(
        `SELECT CAST(seq AS INTEGER), CAST(kind AS INTEGER), CAST(author AS INTEGER), CAST(id AS BLOB),
           CAST(revision AS INTEGER), CAST(emoji AS BLOB), is_on = 1, CAST(at AS INTEGER)
         FROM op WHERE target = ? AND peer_no = ? AND kind >= ?`,
      )
      .rows([targetId, target.peerNo, seq === null ? 0 : changeKinds.indexOf('reaction')]);
    const author = directionOf(target.direction);
    const changes = rows.map((row) => ({ seq: integerOf(row[0]), change: changeOf(row, targetId) }));
    const revised = changes.reduce((state, { change }) => revise(state, author, change), unrevised);
    if (revised.isDeleted) return this.#erase(target, targetId, 1);
    const kept = new Set([...revised.edits, ...revised.reactions].map(({ id }) => id));
    let isAltered = seq === null;
    for (const each of changes) {
      if (kept.has(each.change.id)) continue;
      this.#sql.prepare('DELETE FROM op WHERE seq = ?').run([each.seq]);
      // An operation that changes nothing is not published.
      const isWrong = !isAllowed(each.change.content, each.change.author, author);
      const isEdit = each.change.content.type === 'edit';
      if (each.seq !== seq && !isWrong && !isEdit) continue;
      this.#wipe(each.seq);
      isAltered = true;
    }
    return { ...this.#show(target, revised, changes), isAltered };
  }

  #show(
    target: Target,
    revised: Revised,
    changes: readonly { readonly seq: number; readonly change: Change }[],
  ): Consequences {
    const shown = shownReactions(revised);
    this.#sql
      .prepare('UPDATE line SET reactions = ? WHERE seq = ?')
      .run([encodeReactions(shown), target.seq]);
    const edit = lastEdit(revised);
    if (edit === null) return noConsequences;
    const of = changes.find(({ change }) => change.id === edit.id);
    const row = this.#sql
      .prepare('SELECT CAST(kind AS INTEGER), CAST(text AS BLOB) FROM line WHERE seq = ?')
      .row([of?.seq ?? 0]);
    const content =
      row === undefined ? null : decodeContent({ kind: integerOf(row[0]), body: bytesOf(row[1]) });
    return content?.type === 'edit' ? this.#showEdit(target, content.text, edit.atMs) : noConsequences;
  }

  #showEdit(target: Target, text: string, atMs: number): Consequences {
    this.#sql
      .prepare('UPDATE line SET first_text = coalesce(first_text, text), edited_at = ? WHERE seq = ?')
      .run([atMs, target.seq]);
    this.#setText(target, text);
    return { ...noConsequences, isOutboxStale: target.direction === 1 };
  }

  #setText(target: Target, text: string): void {
    this.#unindex(target);
    this.#sql.prepare('UPDATE line SET text = ? WHERE seq = ?').run([encodeText(text), target.seq]);
    if (target.seq <= this.#indexedSeq()) indexText(this.#sql, target, text);
  }

  /** Removes the text of a message, its earlier texts and its reactions. The row stays, so that a repeated message is known. */
  #erase(target: Target, targetId: Uint8Array, deleted: 1 | 2 | 3): Consequences {
    this.#hasErased = true;
    this.#unindex(target);
    const ops = this.#sql
      .prepare(
        `SELECT CAST(seq AS INTEGER), CAST(id AS BLOB), author = 1 FROM op
         WHERE target = ? AND peer_no = ? AND kind <> ?`,
      )
      .rows([targetId, target.peerNo, changeKinds.indexOf('delete')]);
    for (const [seq] of ops) this.#wipe(integerOf(seq));
    this.#sql.prepare('DELETE FROM op WHERE target = ? AND peer_no = ?').run([targetId, target.peerNo]);
    this.#sql
      .prepare(
        `UPDATE line SET text = x'', first_text = NULL, reactions = NULL, edited_at = NULL, reply_to = NULL,
           deleted = max(deleted, ?), expires_at = NULL WHERE seq = ?`,
      )
      .run([deleted, target.seq]);
    const own = ops.filter((row) => row[2] === 1).map((row) => messageIdFromBytes(bytesOf(row[1])));
    const cancelled = target.direction === 1 ? [messageIdFromBytes(targetId), ...own] : own;
    // The outbox is counted again when its cancelled messages are marked.
    return { isAltered: false, cancelled, isOutboxStale: target.direction === 1 };
  }

  #unindex(target: Target): void {
    if (target.seq > this.#indexedSeq()) return;
    const row = this.#sql.prepare('SELECT CAST(text AS BLOB) FROM line WHERE seq = ?').row([target.seq]);
    if (row !== undefined) unindexText(this.#sql, target, bytesOf(row[0]));
  }

  #ignore(seq: number): Consequences {
    this.#sql.prepare('DELETE FROM op WHERE seq = ?').run([seq]);
    this.#wipe(seq);
    return { ...noConsequences, isAltered: true };
  }

  /** An operation without a body reads as an entry of an unknown kind. */
  #wipe(seq: number): void {
    this.#sql.prepare("UPDATE line SET text = x'' WHERE seq = ? AND kind > 0").run([seq]);
  }
}

/** The file stores the index of a kind in this list, so kinds are only appended. */
const changeKinds = ['edit', 'delete', 'reaction'] as const;

const targetColumns = 'CAST(seq AS INTEGER), CAST(peer_no AS INTEGER), direction = 1, kind = 0, deleted > 0';

const targetOf = (row: readonly unknown[]): Target => ({
  seq: integerOf(row[0]),
  peerNo: integerOf(row[1]),
  direction: row[2] === 1 ? 1 : 0,
  isText: row[3] === 1,
  isDeleted: row[4] === 1,
});

const directionOf = (direction: number): Direction => (direction === 1 ? 'out' : 'in');

/** The texts of edits stay in their rows: only that of the last edit is read. */
function changeOf(row: readonly unknown[], targetId: Uint8Array): Change {
  const target = messageIdFromBytes(targetId);
  const common = {
    id: messageIdFromBytes(bytesOf(row[3])),
    author: directionOf(integerOf(row[2])),
    atMs: integerOf(row[7]),
  };
  const revision = integerOf(row[4]);
  switch (changeKinds[integerOf(row[1])]) {
    case 'edit':
      return { ...common, content: { type: 'edit', target, revision, text: '' } };
    case 'reaction': {
      const emoji = row[5] === null ? '' : Buffer.from(bytesOf(row[5])).toString('utf8');
      return { ...common, content: { type: 'reaction', target, revision, emoji, isOn: row[6] === 1 } };
    }
    case 'delete':
    case undefined:
    default:
      return { ...common, content: { type: 'delete', target } };
  }
}
