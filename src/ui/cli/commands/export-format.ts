/** The file formats of a transcript: the line format of the oldest program, JSON and CSV. */
import { unreachable } from '../../../exhaustive.js';
import { safeJson, safeText } from '../screen/safe-json.js';
import { oldLineOf, type MessageEvent } from '../../../index.js';

/** The format of an export. */
export type ExportFormatName = 'txt' | 'json' | 'csv';

/** A file is `head`, then `entry` for each message with its index, then `tail`: it can be written piece by piece. */
export interface ExportFormat {
  readonly head: string;
  readonly entry: (message: MessageEvent, index: number) => string;
  readonly tail: string;
}

/** Returns the format that the ending of a file name chooses; `null` for another ending. */
export function exportFormatOf(file: string): ExportFormatName | null {
  const ending = /\.(txt|json|csv)$/i.exec(file)?.[1]?.toLowerCase();
  return ending === 'txt' || ending === 'json' || ending === 'csv' ? ending : null;
}

/** Returns the writer of a format. `hasBom`: CSV begins with a byte order mark, from which Excel knows UTF-8. `addressOf`: address at which a peer was last proved to be; may be empty. */
export async function exportFormat(
  name: ExportFormatName,
  addressOf: (peerId: string) => string,
  hasBom = false,
): Promise<ExportFormat> {
  switch (name) {
    case 'txt':
      return { head: '', entry: (message) => `${oldLineOf(withMarks(message), addressOf)}\n`, tail: '' };
    case 'json':
      return {
        head: '[',
        entry: (message, index) => `${index === 0 ? '' : ','}\n${safeJson(message)}`,
        tail: '\n]\n',
      };
    case 'csv': {
      const row = await csvRow();
      return {
        head: `${hasBom ? '\uFEFF' : ''}${row(csvColumns)}`,
        entry: (message) => row(csvColumns.map((column) => `${message[column] ?? ''}`)),
        tail: '',
      };
    }
    default:
      return unreachable(name);
  }
}

/** Adds to a text that its author changed or deleted it. */
function withMarks(message: MessageEvent): MessageEvent {
  if (message.deleted === true) return { ...message, text: '[deleted]' };
  return message.editedAt === undefined ? message : { ...message, text: `${message.text} [edited]` };
}

const csvColumns = [
  'seq',
  'sentAt',
  'receivedAt',
  'direction',
  'peer',
  'peerId',
  'text',
  'state',
  'dialect',
  'encryption',
  'verified',
  'id',
  'conversation',
  'replyTo',
  'editedAt',
  'deleted',
  'readAt',
] as const satisfies readonly (keyof MessageEvent)[];

/** Returns the writer of records (RFC 4180). The library is loaded for this format alone. */
async function csvRow(): Promise<(fields: readonly string[]) => string> {
  const { stringify } = await import('csv-stringify/sync');
  return (fields) =>
    stringify([fields.map((field) => safeText(harmless(field)))], {
      record_delimiter: '\r\n',
      quoted_match: /[\r\n]|^\s|\s$/,
    });
}

/** Puts an apostrophe before a field that a spreadsheet would run as a formula, blanks and controls skipped. */
const harmless = (field: string): string =>
  /^[\s\p{C}]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r]/u.test(field) ? `'${field}` : field;
