import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  cipherKey,
  defaultGroup,
  drawPrivate,
  openText,
  parseGroup,
  publicNumber,
  sealableBytes,
  sealText,
  sharedNumber,
} from '../../src/dialects/cmp2204/cipher.js';
import {
  formatHistoryLine,
  formatOnlinePeers,
  localTime,
  onlineStatus,
  openOnlinePeers,
  parseOnlinePeers,
} from '../../src/dialects/cmp2204/files.js';
import { cmp2204Presence } from '../../src/dialects/cmp2204/limits.js';
import { holds } from '../support/seeds.js';
import { codePoint } from '../support/code-points.js';

const ascii = (bytes: Uint8Array): string => Buffer.from(bytes).toString('ascii');

describe('the toy cipher', () => {
  test('both derivations pad the shared number to 24 bytes', () => {
    assert.equal(ascii(cipherKey(2n, 'encoded')), 'Mg=='.padEnd(24));
    assert.equal(ascii(cipherKey(18n, 'encoded')), 'MTg='.padEnd(24));
    assert.equal(ascii(cipherKey(18n, 'plain')), '18'.padEnd(24));
    assert.equal(cipherKey(10n ** 18n - 1n, 'encoded').length, 24);
  });

  test('texts seal to what openssl enc -des-ede3-ecb makes of them', () => {
    for (const [shared, derivation, text, base64] of [
      [2n, 'encoded', 'hi', 'NJEPJH6cW3w='],
      [2n, 'encoded', 'héllo wörld', 'uX0H7KoPhtYzTEOQCcnOJQ=='],
      [2n, 'plain', 'hi', 'VBzxmbWXLro='],
      [2n, 'plain', 'héllo wörld', '5/99bMBq/oUB1LY9BmXzvg=='],
      [18n, 'encoded', 'hello', 'aIkVDTFCvbo='],
      [18n, 'plain', 'hello', '7B1OTCzyO/w='],
      [1n, 'encoded', 'hello', 'XEzdu4WdBSQ='],
      [22n, 'encoded', 'hello', 'iY6TZLKXu+w='],
    ] as const) {
      const key = cipherKey(shared, derivation);
      assert.equal(sealText(text, key), base64);
      assert.equal(openText(base64, key), text);
    }
  });

  test('the example of NIST SP 800-67 comes out', () => {
    const key = Buffer.from('0123456789abcdef23456789abcdef01456789abcdef0123', 'hex');
    const sealed = Buffer.from(sealText('The qufck brown fox jump', key), 'base64').toString('hex');
    assert.equal(sealed.slice(0, 48), 'a826fd8ce53b855fcce21c8112256fe668d5c05dd9b6b900');
  });

  test('both sides come to the same number, for every pair of private numbers', () => {
    for (let a = 1n; a <= 23n; a += 1n) {
      for (let b = 1n; b <= 23n; b += 1n) {
        const one = sharedNumber(defaultGroup, a, publicNumber(defaultGroup, b));
        assert.equal(one, sharedNumber(defaultGroup, b, publicNumber(defaultGroup, a)));
      }
    }
    assert.equal(publicNumber(defaultGroup, 6n), 8n);
    assert.equal(sharedNumber(defaultGroup, 15n, 8n), 2n);
  });

  test('a public number outside the group has no shared number', () => {
    for (const other of [0n, 23n, 24n, -1n]) assert.equal(sharedNumber(defaultGroup, 6n, other), null);
  });

  test('a drawn number is 1 to 23, and each of them is drawn', () => {
    const drawn = new Set<bigint>();
    for (let seed = 0; seed < 256; seed += 1)
      drawn.add(drawPrivate(defaultGroup, (bytes) => new Uint8Array(bytes).fill(seed)));
    assert.deepEqual(
      [...drawn].map(Number).toSorted((a, b) => a - b),
      Array.from({ length: 23 }, (_, at) => at + 1),
    );
  });

  test('P and Q count only together, and only as numbers that fit', () => {
    assert.equal(parseGroup(undefined, '5')._unsafeUnwrap(), null);
    assert.equal(parseGroup('23', undefined)._unsafeUnwrap(), null);
    assert.deepEqual(parseGroup(' 101 ', '2')._unsafeUnwrap(), { prime: 101n, generator: 2n });
    for (const [p, q] of [
      ['', '5'],
      ['23', ''],
      ['2', '1'],
      ['23', '23'],
      ['23', '1'],
      ['1e3', '5'],
      ['9'.repeat(19), '5'],
    ] as const)
      assert.ok(parseGroup(p, q).isErr(), `${p} ${q}`);
  });

  test('an input that is not a sealed text neither opens nor throws', () => {
    const key = cipherKey(2n, 'encoded');
    for (const base64 of ['', 'A', 'AAAA', '!!!!', 'NJEPJH6cW3w', 'AAAAAAAAAAA=', '=', '===='])
      assert.equal(openText(base64, key), null, base64);
  });

  test('any text opens again, and no longer one fits', (t) => {
    const key = cipherKey(2n, 'encoded');
    holds(
      t,
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
        const sealed = sealText(text, key);
        assert.equal(openText(sealed, key), text);
        assert.ok(Buffer.byteLength(text) <= sealableBytes(sealed.length));
      }),
      { numRuns: 200 },
    );
    assert.ok(sealText('x'.repeat(sealableBytes(999)), key).length <= 999);
    assert.ok(sealText('x'.repeat(sealableBytes(999) + 1), key).length > 999);
  });
});

const noon = new Date(2026, 2, 5, 12, 0, 9).getTime();

const line = (username: string, text: string): string =>
  formatHistoryLine({ atMs: noon, host: '10.0.0.7', username, direction: 'in', text });

describe('files', () => {
  test('online_peers.txt is what the program writes, and comes back', () => {
    const peers = [
      { host: '10.0.0.7', port: 50_000, username: 'ann', lastSeenMs: noon },
      { host: '10.0.0.8', port: 50_001, username: 'Zoë', lastSeenMs: noon - 60_000 },
    ];
    const file = formatOnlinePeers(peers);
    assert.equal(
      file,
      '{"10.0.0.7": {"port": 50000, "username": "ann", "last_seen": "2026-03-05 12:00:09", "status": "Online"}, ' +
        '"10.0.0.8": {"port": 50001, "username": "Zoë", "last_seen": "2026-03-05 11:59:09", "status": "Online"}}',
    );
    assert.deepEqual(parseOnlinePeers(file)._unsafeUnwrap(), peers);
    assert.equal(formatOnlinePeers([]), '{}');
    assert.deepEqual(parseOnlinePeers('{"__proto__": {"username": "x"}, "10.0.0.9": 5}')._unsafeUnwrap(), []);
    assert.ok(parseOnlinePeers('{"10.0.0.7": ').isErr());
  });

  test('a peer is online for ten seconds, away for a quarter of an hour, then gone', () => {
    assert.equal(onlineStatus(noon, noon + 10_000), 'Online');
    assert.equal(onlineStatus(noon, noon + 10_001), 'Away');
    assert.equal(onlineStatus(noon, noon + 900_000), 'Away');
    assert.equal(onlineStatus(noon, noon + 900_001), null);
    assert.equal(onlineStatus(noon, noon - 5_000), 'Online');
    const peers = openOnlinePeers();
    peers.heard({ host: '10.0.0.7', port: 1, username: 'ann', lastSeenMs: noon });
    peers.heard({ host: '10.0.0.7', port: 2, username: 'anna', lastSeenMs: noon + 1_000 });
    assert.deepEqual(peers.list(noon + 12_000), [
      { host: '10.0.0.7', port: 2, username: 'anna', lastSeenMs: noon + 1_000, status: 'Away' },
    ]);
    assert.deepEqual(peers.list(noon + 1_000_000), []);
  });

  test('a flood of announcers makes the one longest unheard forgotten', () => {
    const peers = openOnlinePeers();
    for (let at = 0; at <= cmp2204Presence.peersMax; at += 1)
      peers.heard({ host: `10.0.${at >> 8}.${at & 255}`, port: 1, username: 'x', lastSeenMs: noon + at });
    const hosts = peers.list(noon + 600).map(({ host }) => host);
    assert.equal(hosts.length, cmp2204Presence.peersMax);
    assert.ok(!hosts.includes('10.0.0.0'));
  });

  test('a line of the history says what happened, in one line', () => {
    const said = { atMs: noon, host: '10.0.0.7', username: 'ann', text: 'a\r\nb\nc' } as const;
    assert.equal(
      formatHistoryLine({ ...said, direction: 'out' }),
      '2026-03-05 12:00:09 - 10.0.0.7 - ann - SENT - a b c',
    );
    assert.equal(
      formatHistoryLine({ ...said, direction: 'in' }),
      '2026-03-05 12:00:09 - 10.0.0.7 - ann - RECEIVED - a b c',
    );
    assert.equal(localTime(noon), '2026-03-05 12:00:09');
  });

  test('no name and no text writes a line or a field of its own, or turns what a terminal shows', (t) => {
    const forged = '2026-03-05 12:00:09 - 10.0.0.8 - bob - SENT - I owe you';
    for (const lineEnd of ['\n', '\r', '\r\n', '\u0085', '\u2028', '\u2029', '\v', '\f']) {
      assert.equal(
        line('ann', `a${lineEnd}${forged}`),
        `2026-03-05 12:00:09 - 10.0.0.7 - ann - RECEIVED - a ${forged}`,
      );
      assert.equal(line(`ann${lineEnd}`, 'a').split(/[\p{Cc}\p{Zl}\p{Zp}]/u).length, 1);
    }
    assert.equal(
      line('bob - SENT - I owe you', 'a'),
      '2026-03-05 12:00:09 - 10.0.0.7 - bob-SENT-I owe you - RECEIVED - a',
    );
    for (const [name, field] of [
      ['- bob -', '-bob-'],
      ['a - - b', 'a-- b'],
      ['-', '-'],
      ['Ann-Sophie', 'Ann-Sophie'],
    ] as const)
      assert.deepEqual(line(name, 'a').split(' - ').slice(2), [field, 'RECEIVED', 'a']);
    holds(
      t,
      fc.property(fc.string({ unit: codePoint }), fc.string({ unit: codePoint }), (username, text) => {
        const whole = line(`\u001b[2J\u202e${username}`, `\u0007\u2066${text}`);
        assert.doesNotMatch(whole, /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
        assert.equal(whole.split(' - ', 4)[3], 'RECEIVED');
      }),
      { numRuns: 500 },
    );
  });

  test('online_peers.txt escapes what a terminal acts on, and the name comes back', () => {
    const username = 'a\u001b[2J\u009b2J\u202eb\u2028c\u007f"\\';
    const peers = [{ host: '10.0.0.7', port: 1, username, lastSeenMs: noon }];
    const file = formatOnlinePeers(peers);
    assert.doesNotMatch(file, /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
    assert.deepEqual(parseOnlinePeers(file)._unsafeUnwrap(), peers);
  });
});
