/**
 * Full-text search. This file alone turns a typed query into an FTS5 expression, and indexes entries in slices after
 * the appends. The index reaches up to a watermark, `progress.indexed`, moved in the same transaction.
 */
import { err, ok, type Result } from 'neverthrow';
import type { StoreError } from '../../../chat/errors.js';
import { history as limits } from '../limits.js';
import { decodeText } from '../text.js';
import { emptyIndex } from '../schema.js';
import { fold, hasSigns, hasWord, indexed } from './words.js';
import { bytesOf, integerOf, type Sql } from '../sql.js';

/** The peer and the direction that a search is limited to, as words that only this file writes. */
export interface SearchScope {
  readonly peerNo: number | null;
  readonly direction: 'in' | 'out' | null;
}

/** One word or phrase of a query, folded. */
interface Term {
  readonly text: string;
  readonly isPrefix: boolean;
  /** The text of a hit must hold the term as written. */
  readonly isChecked: boolean;
}

/** A query for the index, and for the texts of what it finds. */
export interface Search {
  /** Expression of FTS5; null: the index holds nothing of the query, and every text is checked. */
  readonly expression: string | null;
  /** Signs that every text must hold where the index is of no help. */
  readonly signs: string;
  /** Whether a text holds what the index cannot tell; null: every hit does. */
  readonly isHit: ((text: string) => boolean) | null;
}

/**
 * Turns words (all must occur, a `*` at the end makes a prefix) and phrases in double quotes into a search. Every term
 * is quoted, so the operators of FTS5 are ordinary words. Errors: `store/bad-query`.
 */
export function searchOf(query: string, scope: SearchScope): Result<Search, StoreError> {
  return parseQuery(query).map((terms) => {
    const words = terms
      .filter(({ text }) => hasWord(text))
      .map(({ text, isPrefix }) => `${quoted(indexed(text))}${isPrefix ? ' *' : ''}`);
    const scopes = [
      ...(scope.peerNo === null ? [] : [`"p${String(scope.peerNo)}"`]),
      ...(scope.direction === null ? [] : [`"${scope.direction}"`]),
    ].map((word) => ` AND {scope} : ${word}`);
    const checked = terms.filter(({ isChecked }) => isChecked).map(({ text }) => text);
    return {
      expression: words.length === 0 ? null : `{text} : (${words.join(' AND ')})${scopes.join('')}`,
      signs: checked[0] ?? '',
      isHit: checked.length === 0 ? null : holding(checked),
    };
  });
}

/** As a string of FTS5. A quote of another width folds to a plain one, so it may occur in a word. */
const quoted = (words: string): string => `"${words.replaceAll('"', '""')}"`;

const holding =
  (parts: readonly string[]) =>
  (text: string): boolean => {
    const folded = fold(text);
    return parts.every((part) => folded.includes(part));
  };

/** Parses a query. Errors: `store/bad-query` for an open quote, a star without a word, no word, or too many. */
export function parseQuery(query: string): Result<readonly Term[], StoreError> {
  if (query.length > limits.queryCharsMax)
    return bad(`longer than ${String(limits.queryCharsMax)} characters`);
  const terms: Term[] = [];
  // Every second piece stood between quotes; an even number of pieces means an open quote.
  const pieces = query.replaceAll(/\0|\p{Surrogate}/gu, ' ').split('"');
  if (pieces.length % 2 === 0) return bad('a double quote is left open');
  for (const [place, piece] of pieces.entries()) {
    const isPhrase = place % 2 === 1;
    for (const word of isPhrase ? [piece] : piece.split(/\s+/u)) {
      const written = fold(word).trim();
      const isPrefix = !isPhrase && written.endsWith('*') && hasWord(written);
      const text = isPrefix ? written.slice(0, -1) : written;
      const isWord = hasWord(text);
      if (/^\**$/u.test(text)) {
        if (text !== '') return bad('a star needs a word before it');
      } else {
        // Signs before a word are operators elsewhere, so they are not taken at their word.
        const tail = text.replace(leading, '');
        const isChecked = !isWord || (!isPhrase && hasSigns(tail));
        terms.push({ text: isWord && isChecked ? tail : text, isPrefix, isChecked });
      }
    }
  }
  if (terms.length === 0) return bad('no word to search for');
  if (terms.length > limits.queryTermsMax) return bad(`more than ${String(limits.queryTermsMax)} words`);
  return ok(terms);
}

const leading = /^[^\p{L}\p{N}\p{M}\p{Co}\p{So}\p{Extended_Pictographic}]+/u;

const bad = (detail: string): Result<never, StoreError> => err({ code: 'store/bad-query', detail });

/** Reads the `seq` up to which entries are indexed. */
export const indexedSeq = (sql: Sql): number =>
  sql.integer("SELECT coalesce(max(number), 0) FROM progress WHERE name = 'indexed'");

/** Reads the `seq` of the first entry after `fromSeq`; null: there is none. */
export function nextSeq(sql: Sql, fromSeq: number): number | null {
  const row = sql.prepare('SELECT seq FROM line WHERE seq > ? ORDER BY seq LIMIT 1').row([fromSeq]);
  return row === undefined ? null : integerOf(row[0]);
}

/**
 * Indexes entries after `fromSeq`: one at least, otherwise within both bounds. Returns the new watermark. `moved` is
 * called within the transaction. Throws `SqlTrouble`.
 */
export function indexSlice(
  sql: Sql,
  fromSeq: number,
  newestSeq: number,
  bounds: { readonly entriesMax: number; readonly bytesMax: number },
  moved: (lastSeq: number) => void,
): number {
  const lastSeq = endOfSlice(sql, fromSeq, newestSeq, bounds);
  sql.transaction(() => {
    // The tokenizer reads plain texts from the disk itself; nothing of them crosses into JavaScript.
    sql
      .prepare(
        `INSERT INTO line_text(rowid, text, scope) SELECT seq, CAST(text AS TEXT), ${scopeWords}
         FROM line WHERE seq > ? AND seq <= ? AND kind = 0 AND CAST(text AS TEXT) NOT GLOB ? ORDER BY seq`,
      )
      .run([fromSeq, lastSeq, notPlain]);
    indexOthers(sql, fromSeq, lastSeq);
    moved(lastSeq);
  });
  return lastSeq;
}

/** Reads rows, not numbers: after a salvage the numbers may have a wide hole. */
function endOfSlice(
  sql: Sql,
  fromSeq: number,
  newestSeq: number,
  { entriesMax, bytesMax }: { readonly entriesMax: number; readonly bytesMax: number },
): number {
  const rows = sql
    .prepare('SELECT seq, length(text) FROM line WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?')
    .rows([fromSeq, newestSeq, entriesMax]);
  let lastSeq = fromSeq;
  let bytes = 0;
  for (const [seq, length] of rows) {
    bytes += integerOf(length);
    if (bytes > bytesMax && lastSeq > fromSeq) return lastSeq;
    lastSeq = integerOf(seq);
  }
  return rows.length < entriesMax ? newestSeq : lastSeq;
}

/** The place of a text in the index. */
interface Place {
  readonly seq: number;
  readonly peerNo: number;
  readonly direction: 0 | 1;
}

/** Within a transaction: adds the text of an entry to the index. */
export function indexText(sql: Sql, place: Place, text: string): void {
  sql
    .prepare('INSERT INTO line_text(rowid, text, scope) VALUES (CAST(? AS INTEGER), ?, ?)')
    .run([place.seq, wordsFor(text), scopeOf(place)]);
}

/** Within a transaction: removes an indexed text. The index needs the words that it was given. */
export function unindexText(sql: Sql, place: Place, bytes: Uint8Array): void {
  if (bytes.byteLength === 0) return;
  sql
    .prepare(
      "INSERT INTO line_text(line_text, rowid, text, scope) VALUES ('delete', CAST(? AS INTEGER), ?, ?)",
    )
    .run([place.seq, wordsFor(decodeText(bytes)), scopeOf(place)]);
}

const wordsFor = (text: string): string => (plain.test(text) ? text : indexed(fold(text)));
const scopeOf = ({ peerNo, direction }: Place): string =>
  `p${String(peerNo)} ${direction === 1 ? 'out' : 'in'}`;

/** The opposite of `notPlain`. */
const plain = /^[ -~\t\n\r]*$/;

/** Drops the index. It holds no data of its own, so damage in it costs time alone. */
export function resetIndex(sql: Sql): void {
  sql.transaction(() => sql.exec(emptyIndex));
}

const scopeWords = `'p' || peer_no || CASE direction WHEN 1 THEN ' out' ELSE ' in' END`;

/** A text with anything but ASCII: it is folded and cut first. */
export const notPlain = '*[^ -~\t\n\r]*';

function indexOthers(sql: Sql, fromSeq: number, lastSeq: number): void {
  const rows = sql
    .prepare(
      `SELECT seq, CAST(text AS BLOB), CAST(peer_no AS INTEGER), direction = 1
       FROM line WHERE seq > ? AND seq <= ? AND kind = 0 AND CAST(text AS TEXT) GLOB ? ORDER BY seq`,
    )
    .rows([fromSeq, lastSeq, notPlain]);
  for (const row of rows) {
    const text = wordsFor(decodeText(bytesOf(row[1])));
    const scope = scopeOf({ seq: 0, peerNo: integerOf(row[2]), direction: row[3] === 1 ? 1 : 0 });
    sql
      .prepare('INSERT INTO line_text(rowid, text, scope) VALUES (CAST(? AS INTEGER), ?, ?)')
      .run([integerOf(row[0]), text, scope]);
  }
}
