/** Names of received files: a table of what peers can write, on the systems that would hold it. */
import assert from 'node:assert/strict';
import { posix, win32 } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  fold,
  isSafeTarget,
  numbered,
  safeNames,
  safePart,
  splitPath,
} from '../../../src/chat/files/names.js';
import type { ManifestEntry } from '../../../src/chat/files/manifest.js';
import { holds } from '../../support/seeds.js';

const entry = (path: string, kind: ManifestEntry['kind'] = 'file'): ManifestEntry => ({
  kind,
  path,
  bytes: 0,
  mtimeMs: 1_764_480_000_000,
  isExecutable: false,
  target: '',
});

/** Paths that refuse the whole offer. */
const refused: readonly string[] = [
  '',
  '/',
  '/etc/passwd',
  '//server/share/x',
  '\\\\server\\share\\x',
  '\\\\?\\C:\\x',
  '\\\\.\\PhysicalDrive0',
  '\\x',
  'a\\b',
  '..\\x',
  'a\\..\\..\\x',
  'C:\\x',
  'C:/x',
  'c:x',
  'z:',
  '..',
  '.',
  '../x',
  './x',
  'a/..',
  'a/../b',
  'a/./b',
  'a/../../b',
  'a//b',
  'a/',
  '/a/',
  'a\0b',
  '\0',
  'a/b\0.txt',
  'x/\0/y',
  '\uD800',
  'a/\uDFFF.txt',
  'a'.repeat(256),
  'ä'.repeat(128),
  `ok/${'b'.repeat(256)}`,
  Array.from({ length: 65 }, () => 'd').join('/'),
  Array.from({ length: 40 }, () => 'e'.repeat(120)).join('/'),
];

/** Paths and the places that they get. */
const placed: readonly (readonly [path: string, place: string])[] = [
  ['a', 'a'],
  ['report.pdf', 'report.pdf'],
  ['photos/2026/a.jpg', 'photos/2026/a.jpg'],
  ['Straße.txt', 'Straße.txt'],
  ['日本語.txt', '日本語.txt'],
  ['a b.txt', 'a b.txt'],
  ['a..b', 'a..b'],
  ['...a', '_...a'],
  ['.bashrc', '_.bashrc'],
  ['.ssh/authorized_keys', '_.ssh/authorized_keys'],
  ['x/.gitignore', 'x/.gitignore'],
  ['..a', '_..a'],
  ['...', '___'],
  ['a.', 'a_'],
  ['a..', 'a__'],
  ['a ', 'a_'],
  ['a. ', 'a__'],
  [' a', 'a'],
  [' ', '_'],
  ['x/ /y', 'x/_/y'],
  ['x/..../y', 'x/____/y'],
  ['-rf', '_-rf'],
  ['--help', '_--help'],
  ['x/-o.txt', 'x/_-o.txt'],
  ['a-b', 'a-b'],
  ['CON', '_CON'],
  ['con', '_con'],
  ['Con.txt', '_Con.txt'],
  ['con.air.nfo', '_con.air.nfo'],
  ['con .txt', '_con .txt'],
  ['PRN', '_PRN'],
  ['prn.log', '_prn.log'],
  ['AUX', '_AUX'],
  ['aux.c', '_aux.c'],
  ['NUL', '_NUL'],
  ['nul.tar.gz', '_nul.tar.gz'],
  ['CONIN$', '_CONIN$'],
  ['conout$.x', '_conout$.x'],
  ['COM0', '_COM0'],
  ['COM1', '_COM1'],
  ['com9.txt', '_com9.txt'],
  ['COM\u00B9', '_COM\u00B9'],
  ['COM\u00B2.a', '_COM\u00B2.a'],
  ['lpt\u00B3', '_lpt\u00B3'],
  ['LPT0', '_LPT0'],
  ['LPT1.prn', '_LPT1.prn'],
  ['x/aux/y', 'x/_aux/y'],
  ['COM10', 'COM10'],
  ['CONSOLE', 'CONSOLE'],
  ['icon', 'icon'],
  ['auxiliary.txt', 'auxiliary.txt'],
  ['a<b', 'a_b'],
  ['a>b', 'a_b'],
  ['ab:c', 'ab_c'],
  ['file.txt:stream', 'file.txt_stream'],
  ['file.txt::$DATA', 'file.txt__$DATA'],
  ['a"b', 'a_b'],
  ['a|b', 'a_b'],
  ['a?b', 'a_b'],
  ['a*b', 'a_b'],
  ['<>"|?*', '______'],
  ['a\nb', 'ab'],
  ['a\r\nb', 'ab'],
  ['a\tb', 'ab'],
  ['a\u0007b', 'ab'],
  ['a\u001B[31mb', 'a[31mb'],
  ['a\u007Fb', 'ab'],
  ['a\u0085b', 'ab'],
  ['a\u009Bb', 'ab'],
  ['\n', '_'],
  ['gpj.\u202Eexe', 'gpj.exe'],
  ['a\u202Db', 'ab'],
  ['a\u2066b\u2069', 'ab'],
  ['a\u200Eb', 'ab'],
  ['a\u061Cb', 'ab'],
  ['a\u200Bb', 'ab'],
  ['a\u200Cb', 'ab'],
  ['a\u200Db', 'ab'],
  ['a\u2060b', 'ab'],
  ['\uFEFFa', 'a'],
  ['a\u00ADb', 'ab'],
  ['a\u180Eb', 'ab'],
  ['a\u2028b', 'ab'],
  ['a\u2029b', 'ab'],
  ['a\u{E0041}b', 'ab'],
  ['\u3164', '_'],
  ['.\u200B.', '__'],
  ['x/.\u200B./y', 'x/__/y'],
  ['\u202E..', '__'],
  ['CO\u200BN', '_CON'],
  ['\u200B-rf', '_-rf'],
  ['\u200B.profile', '_.profile'],
  ['e\u0301.txt', 'é.txt'],
  ['\u212B', 'Å'],
  ['~', '~'],
  ['$HOME', '$HOME'],
  ['%PATH%', '%PATH%'],
  ['`id`', '`id`'],
  ['a;rm -rf b', 'a;rm -rf b'],
  ['a&b', 'a&b'],
  ["it's", "it's"],
  ['#a', '#a'],
  ['desktop.ini', 'desktop.ini'],
  ['a.lnk', 'a.lnk'],
  ['\u2025/x', '\u2025/x'],
  ['\uFF0E\uFF0E', '\uFF0E\uFF0E'],
  ['\u2215etc', '\u2215etc'],
  ['%2e%2e/x', '%2e%2e/x'],
  ['CON/x', '_CON/x'],
  ['-/x', '_-/x'],
  ['\u0000a'.slice(1), 'a'],
];

// Cases F3 and F5.
test('a path that no honest sender writes refuses the whole offer', () => {
  for (const path of refused) {
    assert.ok(splitPath(path).isErr(), JSON.stringify(path));
    assert.ok(safeNames([entry('fine'), entry(path)]).isErr(), JSON.stringify(path));
  }
});

// Case F5.
test('a name that some system cannot hold, or that deceives, is repaired', () => {
  assert.ok(refused.length + placed.length >= 120, 'rows of the table');
  for (const [path, place] of placed) {
    const [named] = safeNames([entry(path)])._unsafeUnwrap().entries;
    assert.equal(named?.parts.join('/'), place, JSON.stringify(path));
    assert.equal(named?.isRepaired, path !== place, JSON.stringify(path));
  }
});

/** The directory of a transfer, and the path library of each system. */
const systems = [
  { name: 'linux', path: posix, folder: '/home/a/Downloads/x', form: (name: string) => name },
  { name: 'mac', path: posix, folder: '/Users/a/Downloads/x', form: (name: string) => name.normalize('NFD') },
  { name: 'windows', path: win32, folder: 'C:\\Users\\a\\Downloads\\x', form: (name: string) => name },
] as const;

const windowsDevice = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00B9\u00B2\u00B3])(\.| *$)/i;

/** Every place of any manifest is inside the folder on each system, and means itself there. */
function assertInside(places: readonly (readonly string[])[]): void {
  for (const { name, path, folder, form } of systems)
    for (const parts of places) {
      const parsed = path.resolve(folder, ...parts.map(form));
      assert.equal(
        path.relative(folder, parsed),
        parts.map(form).join(path.sep),
        `${name} ${parts.join('/')}`,
      );
      for (const part of parts) {
        assert.ok(Buffer.byteLength(part) <= 255, part);
        assert.doesNotMatch(part, /[<>:"|?*\\/\p{Cc}\p{Bidi_Control}]|[. ]$|^-/u);
        assert.doesNotMatch(part, windowsDevice);
      }
    }
}

// Case F5.
test('each place of the table stays in its folder on Linux, macOS and Windows', () => {
  const places = placed.map(([path]) => safeNames([entry(path)])._unsafeUnwrap().entries[0]?.parts ?? []);
  assertInside(places);
});

// Cases F3 and F5.
test('no manifest has a place outside its folder, or one place twice', (t) => {
  const part = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.constantFrom(
      'a',
      'A',
      'e\u0301',
      'é',
      'con',
      'a.',
      'a?',
      'a_',
      '..',
      '.',
      '-',
      '\u200B',
      'ı',
      'I',
      'ß',
      'ẞ',
    ),
  );
  const path = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
  const kind = fc.constantFrom('file' as const, 'directory' as const, 'link' as const);
  const entries = fc.array(
    fc.tuple(path, kind).map(([path, kind]) => entry(path, kind)),
    { maxLength: 12 },
  );
  holds(
    t,
    fc.property(entries, (list) => {
      const names = safeNames(list);
      if (names.isErr()) return;
      const places = [...names.value.entries.map(({ parts }) => parts), ...names.value.implied];
      assertInside(places);
      assert.equal(new Set(places.map((parts) => parts.map(fold).join('/'))).size, places.length);
    }),
  );
});

// Case F3.
test('of two names that one system takes for the same the later gets a number', () => {
  const places = (...paths: string[]) =>
    safeNames(paths.map((path) => entry(path)))
      ._unsafeUnwrap()
      .entries.map(({ parts }) => parts.join('/'));
  assert.deepEqual(places('A', 'a'), ['A', 'a (2)']);
  assert.deepEqual(places('é.txt', 'e\u0301.txt'), ['é.txt', 'é (2).txt']);
  assert.deepEqual(places('a?', 'a_', 'a*'), ['a_', 'a_ (2)', 'a_ (3)']);
  assert.deepEqual(places('D/x', 'd/x', 'd/y'), ['D/x', 'd (2)/x', 'd (2)/y']);
  assert.deepEqual(places('ı', 'I', 'i', 'İ'), ['ı', 'I (2)', 'i (3)', 'İ (4)']);
  assert.deepEqual(places('ß', 'ss', 'ẞ'), ['ß', 'ss', 'ẞ (2)']);
  assert.deepEqual(places('σ', 'ς', 'K', 'k'), ['σ', 'ς (2)', 'K', 'k (2)']);
  assert.equal(numbered('archive.tar.gz', 2), 'archive.tar (2).gz');
  assert.ok(safeNames([entry('a'), entry('a')]).isErr());
  assert.ok(safeNames([entry('a'), entry('a/b')]).isErr());
  assert.ok(safeNames([entry('a/b'), entry('a')]).isErr());
});

test('a long name keeps its ending', () => {
  const name = safePart(`${'\u0958'.repeat(60)}${'a'.repeat(70)}.pdf`);
  assert.ok(Buffer.byteLength(name) <= 255);
  assert.match(name, /\.pdf$/);
});

// Case F6.
test('a link is made only where it stays below the folder, whatever other links do', () => {
  const fine: readonly (readonly [string, number])[] = [
    ['a', 0],
    ['a/b', 0],
    ['./a', 0],
    ['../a', 1],
    ['../../a', 2],
    ['..', 1],
    ['...', 0],
  ];
  const bad: readonly (readonly [string, number])[] = [
    ['', 3],
    ['/etc', 3],
    ['..', 0],
    ['../a', 0],
    ['../../a', 1],
    ['a/..', 3],
    ['a/../b', 3],
    ['../a/..', 3],
    ['C:x', 3],
    ['a\\b', 3],
    ['a\0', 3],
    ['a'.repeat(1_025), 3],
  ];
  for (const [target, depth] of fine) assert.ok(isSafeTarget(target, depth), target);
  for (const [target, depth] of bad) assert.ok(!isSafeTarget(target, depth), target);
});
