import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { escapeForTerminal, escapeName } from '../../src/chat/people/display.js';
import { holds } from '../support/seeds.js';
import { codePoint } from '../support/code-points.js';

const esc = '\x1b';
const finals = 'ABCDEFGHJKLMPSTXZ@`abcdefghlmnpqrstuy';
/** More than two hundred sequences that move, colour, title, link, copy, hide, reset or confuse. */
const attacks: readonly string[] = [
  ...Array.from(finals, (final) => `${esc}[5;7${final}`),
  ...Array.from(finals, (final) => `\x9b2${final}`),
  ...[0, 1, 2, 4, 8, 9, 10, 11, 50, 52, 104, 133, 777, 1337].flatMap((code) => [
    `${esc}]${code};payload\x07`,
    `${esc}]${code};payload${esc}\\`,
    `\x9d${code};payload\x9c`,
  ]),
  ...Array.from('PX^_k', (kind) => `${esc}${kind}payload${esc}\\`),
  ...Array.from('\x90\x98\x9e\x9f', (kind) => `${kind}payload\x9c`),
  ...Array.from('78=>DEHMNOVWZc()*+-./#%nolm|}~', (kind) => `${esc}${kind}0`),
  ...['?1049h', '?25l', '?2004h', '?1000h', '?7l', '!p', '6n', '>c', '0x', '21t', '8;1;1t', '?5h'].map(
    (csi) => `${esc}[${csi}`,
  ),
  ...Array.from({ length: 32 }, (_, code) => `a${String.fromCharCode(code)}b`),
  ...Array.from({ length: 33 }, (_, code) => `a${String.fromCharCode(0x7f + code)}b`),
  esc,
  `${esc}[`,
  `${esc}]0;cut`,
  `${esc}[${'9'.repeat(5_000)}m`,
  `${esc}${esc}${esc}[31m`,
  'over\rwrite',
  'back\b\b\b\bspace',
  'user\u202Etxt.exe',
  'iso\u2066lated\u2069',
  'a\u200Eb\u200Fc\u061Cd',
  'zero\u200Bwidth\u2060\uFEFF\u00AD\u180E',
  'tag\u{E0041}\u{E007F}s',
  'sep\u2028a\u2029b',
  'annotation\uFFF9x\uFFFAy\uFFFB',
  '\uD800lone\uDFFF',
  '\uFFFE\uFFFF\u{1FFFF}',
];

const dangerous =
  /[\x00-\x1f\x7f-\x9f\p{Bidi_Control}\u2028\u2029\p{Cs}\u200B\u2060\uFEFF\u{E0000}-\u{E007F}]/u;

// Fault U1
test('no control character of a peer reaches the terminal, in one line or several', () => {
  assert.ok(attacks.length >= 200, `${attacks.length} sequences`);
  for (const attack of attacks) {
    assert.doesNotMatch(escapeForTerminal(attack), dangerous, JSON.stringify(attack));
    const lines = escapeForTerminal(attack, { multiline: true });
    assert.doesNotMatch(lines.replace(/[\n\t]/g, ''), dangerous, JSON.stringify(attack));
  }
});

test('whatever the text, what is shown is safe and shown the same again', (t) => {
  const piece = fc.oneof(fc.constantFrom(...attacks), fc.string({ unit: codePoint, maxLength: 20 }));
  holds(
    t,
    fc.property(fc.array(piece, { maxLength: 8 }), fc.boolean(), (pieces, multiline) => {
      const shown = escapeForTerminal(pieces.join(''), { multiline });
      assert.doesNotMatch(multiline ? shown.replace(/[\n\t]/g, '') : shown, dangerous);
      assert.equal(escapeForTerminal(shown, { multiline }), shown);
    }),
    { numRuns: 300 },
  );
});

test('controls are made visible, not swallowed', () => {
  assert.equal(escapeForTerminal(`a${esc}[31mb\x07\x7f\x9b`), 'a^[[31mb^G^?\uFFFD');
  assert.equal(escapeForTerminal('one\r\ntwo\tthree'), 'one^M^Jtwo three');
  assert.equal(escapeForTerminal('one\r\ntwo\rthree\n', { multiline: true }), 'one\ntwo^Mthree\n');
});

test('letters, marks, emoji and joiners that a script needs stay', () => {
  for (const text of [
    'plain ASCII ~',
    'Ünïcödé ñ',
    '日本語 한국어 ไทย',
    'שלום سلام',
    'می\u200Cخواهم',
    'क्\u200Dष',
    '👩\u200D🚀 👩🏽\u200D🚀 ❤\uFE0F',
  ]) {
    assert.equal(escapeForTerminal(text), text);
  }
  assert.equal(escapeForTerminal('pay\u200Dpal pay\u200Cpal'), 'paypal paypal');
});

test('a flood of combining marks is capped', () => {
  assert.ok(escapeForTerminal(`z${'\u0336\u0489'.repeat(5_000)}`).length <= 7);
});

// Fault U2
test('a name takes one line, 64 graphemes, and cannot reorder what stands around it', () => {
  assert.equal(escapeName('bob'), 'bob');
  assert.equal(escapeName('שרה'), '\u2068שרה\u2069');
  assert.ok(Array.from(escapeName('x'.repeat(2 ** 20))).length <= 65);
  assert.equal(escapeName('a\nb'), 'a^Jb');
});
