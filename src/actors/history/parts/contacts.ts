/** The contacts as rows of the history. Throws `SqlTrouble`. */
import type { Contact } from '../../../chat/people/contact.js';
import { contactColumns, decodeContact } from '../rows.js';
import type { Sql, SqlValue } from '../sql.js';

/** Stores a contact. `values`: those of `contactValues`. Call within a transaction. */
export function putContact(sql: Sql, peerNo: number, values: readonly SqlValue[]): void {
  sql
    .prepare(
      'INSERT OR REPLACE INTO contact VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    )
    .run([peerNo, ...values]);
}

/** Reads all contacts. */
export const contactsOf = (sql: Sql): readonly Contact[] =>
  sql
    .prepare(`SELECT ${contactColumns} FROM contact JOIN peer ON peer.no = contact.peer_no ORDER BY peer_no`)
    .rows([])
    .map(decodeContact);
