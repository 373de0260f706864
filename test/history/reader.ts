/** An actor that reads the same rows over and over as soon as it is asked to, and never returns. */
import { ok } from 'neverthrow';
import { openSql, type Sql } from '../../src/actors/history/sql.js';
import { actor, later, reply, type Call } from '../../src/runtime/index.js';

export type ReaderProtocol = { read: Call<null, null>; readAndKeep: Call<null, null> };

export const reader = actor<{ readonly file: string }, Sql, ReaderProtocol>({
  name: 'reader',
  restart: 'permanent',
  /** None: it would not heed it. */
  shutdownMs: 0,
  init: ({ file }) => ok(openSql(file)),
  receive: {
    // Few columns: the binding minds the end of its thread most at the beginning of a row.
    read: (sql) => {
      setImmediate(() => {
        for (;;) sql.prepare('SELECT n FROM number').rows([]);
      });
      return reply(sql, ok(null));
    },
    readAndKeep: (sql, _body, _context, from) => {
      const kept: unknown[] = [];
      while (kept.length < Infinity)
        kept.push(sql.prepare('SELECT hex(zeroblob(2000)) FROM number LIMIT 50').rows([]));
      return later(sql, from);
    },
  },
});
