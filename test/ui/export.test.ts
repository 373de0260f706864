/** The formats of an export, with any texts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { MessageEvent } from '../../src/index.js';
import {
  exportFormat,
  exportFormatOf,
  type ExportFormatName,
} from '../../src/ui/cli/commands/export-format.js';
import { safeText } from '../../src/ui/cli/screen/safe-json.js';
import { holdsAsync } from '../support/seeds.js';
import { codePoint } from '../support/code-points.js';

const line: MessageEvent = {
  type: 'message',
  seq: 17,
  id: '00000000-0000-0000-0000-000000000000',
  direction: 'in',
  peer: 'bob',
  peerId: 'AAAAAAA',
  conversation: 'dm:AAAAAAA',
  text: 'hello',
  sentAt: '2026-01-02T03:04:05.006Z',
  receivedAt: '2026-01-02T03:04:06.007Z',
  dialect: 'native',
  encryption: 'noise',
  verified: true,
  state: 'delivered',
};

async function file(format: ExportFormatName, lines: readonly MessageEvent[]): Promise<string> {
  const { head, entry, tail } = await exportFormat(format, () => '10.0.0.7');
  return head + lines.map(entry).join('') + tail;
}

const texts = fc.oneof(
  fc.string({ unit: codePoint }),
  fc.string({
    unit: fc.constantFrom('\\', 'n', 'r', 'u', '0', '\n', '\r', ' ', '-', '\u2028', '\x1b', '\ud800'),
  }),
);

/** Reads RFC 4180, field by field. */
function readCsv(source: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (let rest = source; rest.length > 0;) {
    const match = /^(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/.exec(rest);
    assert.ok(match, `not CSV: ${JSON.stringify(rest.slice(0, 80))}`);
    row.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === '\r\n') {
      rows.push(row);
      row = [];
    }
    rest = rest.slice(match[0].length);
  }
  return rows;
}

test('a text export is in the old line format', async () => {
  assert.match(
    await file('txt', [line, line]),
    /^(?:[-0-9]{10} [:0-9]{8} - 10\.0\.0\.7 - bob - RECEIVED - hello\n){2}$/,
  );
});

test('a JSON export holds the events: none, one or many', async () => {
  for (const lines of [[], [line], [line, { ...line, seq: 18, text: '"\n\u2028' }]]) {
    assert.deepEqual(JSON.parse(await file('json', lines)), lines);
  }
});

test('a CSV export reads back field by field, whatever the text', async (t) => {
  await holdsAsync(
    t,
    fc.asyncProperty(fc.array(texts, { maxLength: 5 }), async (all) => {
      const rows = readCsv(
        await file(
          'csv',
          all.map((text) => ({ ...line, text })),
        ),
      );
      assert.equal(rows.length, all.length + 1);
      const column = rows[0]?.indexOf('text') ?? -1;
      for (const [index, text] of all.entries()) {
        const field = rows[index + 1]?.[column] ?? '';
        const shown = safeText(text);
        assert.ok(field === shown || field === `'${shown}`, JSON.stringify([field, text]));
      }
    }),
    { numRuns: 500 },
  );
});

test('no field of a CSV export is a formula', async () => {
  for (const text of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', ' =1', '\n=1', '＝1', '\u0000=1']) {
    const [, row] = readCsv(await file('csv', [{ ...line, text, peer: text }]));
    for (const field of row ?? []) assert.doesNotMatch(field, /^[\s\p{C}]*[=+\-@＝＋－＠]/u);
    assert.ok(row?.includes(`'${safeText(text)}`));
  }
});

// Case S15
test('no form of the transcript holds a raw control or direction mark', async () => {
  const text = 'a\u001b[2J\u009b\u202e\u2028b';
  const raw = /[\u001b\u0080-\u009f\u2028\u202e]/u;
  for (const name of ['txt', 'json', 'csv'] as const) {
    const format = await exportFormat(name, () => '', true);
    const written = `${format.head}${format.entry({ ...line, text }, 0)}${format.tail}`;
    assert.doesNotMatch(written, raw, name);
    if (name === 'json') assert.equal(JSON.parse(written)[0].text, text);
    assert.equal(written.startsWith('\uFEFF'), name === 'csv');
  }
});

test('the ending of a file name chooses the format', () => {
  assert.equal(exportFormatOf('a/b.JSON'), 'json');
  assert.equal(exportFormatOf('b.txt'), 'txt');
  assert.equal(exportFormatOf('b.csv'), 'csv');
  assert.equal(exportFormatOf('json'), null);
});

test('an export marks edited and deleted messages', async () => {
  const editedAt = '2026-01-02T03:05:00.000Z';
  const lines = [
    { ...line, editedAt },
    { ...line, text: '', deleted: true, replyTo: line.id },
  ];
  assert.match(await file('txt', lines), / - hello \[edited\]\n.* - \[deleted\]\n$/);
  const rows = readCsv(await file('csv', lines)).map((fields) => fields.slice(-4));
  assert.deepEqual(rows, [
    ['replyTo', 'editedAt', 'deleted', 'readAt'],
    ['', editedAt, '', ''],
    [line.id, '', 'true', ''],
  ]);
});
