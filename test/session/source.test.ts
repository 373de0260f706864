/** Forms that the code of the session must not contain, since they are unsafe in some Node. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const folder = join(import.meta.dirname, '../../../src');
const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => ({ path, text: readFileSync(join(folder, path), 'utf8') }));
const inSession = sources.filter(({ path }) => /^session[/\\]/.test(path));

test('x25519 keys are generated in the one form that does not deadlock Node 20', () => {
  assert.ok(inSession.length > 10);
  for (const { path, text } of sources) {
    for (const [, rest = ''] of text.matchAll(/generateKeyPair(?:Sync)?\(\s*'x25519'([^;]*);/g))
      assert.match(rest, /publicKeyEncoding/, path);
    assert.doesNotMatch(text, /\.export\(\{ format: 'jwk' \}\)/, path);
  }
});

test('every AEAD call names its tag length', () => {
  for (const { path, text } of sources)
    for (const [call] of text.matchAll(/create(?:C|Dec)ipheriv\((?:[^;]*)\);/g))
      if (/gcm|ccm|ocb|poly1305/.test(call)) assert.match(call, /authTagLength/, path);
});

test('the session takes no dice, clock or socket by itself', () => {
  for (const { path, text } of inSession) {
    assert.doesNotMatch(
      text,
      /Math\.random|Date\.now|performance\.|setTimeout|node:net|node:dgram|node:fs/,
      path,
    );
    // Throwaway keys that warm a thread up, and the probe of the native KEM, are the exception.
    if (!path.endsWith('kem.ts')) assert.doesNotMatch(text, /randomBytes|randomFill|getRandomValues/, path);
    // A slice of a Buffer is a view: wiping it would wipe what was meant to be kept.
    assert.doesNotMatch(text, /\.slice\(\)/, path);
  }
});
