/** The identity as a file under a passphrase: it moves to an empty home, and to no other. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { openHome } from '../../src/home/home.js';
import { loadIdentity } from '../../src/home/identity-file.js';
import { fakeWorld } from '../support/fake-world.js';
import { temporaryHome } from '../support/program.js';

/** A guess at a passphrase costs no second here. */
const cheap = { scryptCost: 2 ** 10 };

/** Runs a command with a line of stdin. */
async function run(context: TestContext, home: string, line: string, ...args: string[]) {
  return runAt(cheap, context, home, line, ...args);
}

async function runAt(
  cost: { readonly scryptCost?: number },
  context: TestContext,
  home: string,
  line: string,
  ...args: string[]
) {
  const it = fakeWorld({ home, ...cost });
  context.after(() => it.remove());
  it.stdin.end(line);
  const code = await it.run(...args);
  return { code, out: it.stdout.text, err: it.stderr.text };
}

function idOf(directory: string): string {
  const home = openHome(directory)._unsafeUnwrap();
  const { peerId } = loadIdentity(home, Date.now())._unsafeUnwrap();
  home.release();
  return peerId;
}

// Case H11
test('an exported identity moves to an empty home with its passphrase alone', async (context) => {
  const [old, fresh] = [temporaryHome(context), join(temporaryHome(context), 'new')];
  const id = idOf(old);
  const file = join(temporaryHome(context), 'identity.txt');
  const phrase = 'correct horse\n';
  assert.equal((await runAt({}, context, old, phrase, 'id', '--export', file)).code, 0);
  const cheaply = await run(context, fresh, phrase, 'id', '--import', file);
  assert.equal(cheaply.code, 2, 'the key has the cost of the product');
  assert.equal((await runAt({}, context, fresh, phrase, 'id', '--import', file)).code, 0);
  assert.equal(idOf(fresh), id);
});

// Case H11
test('a copy of an identity opens whole, by its passphrase, and replaces nothing', async (context) => {
  const [old, fresh] = [temporaryHome(context), join(temporaryHome(context), 'new')];
  const id = idOf(old);
  const file = join(temporaryHome(context), 'identity.txt');
  const phrase = 'correct horse\n';
  assert.equal((await run(context, old, phrase, 'id', '--export', file)).code, 0);
  if (process.platform !== 'win32') assert.equal(statSync(file).mode & 0o777, 0o600);
  const kept = readFileSync(file, 'utf8');
  const [, secret = ''] =
    /"identityKey": "([^"]+)"/.exec(readFileSync(join(old, 'identity.json'), 'utf8')) ?? [];
  assert.ok(secret !== '' && !kept.includes(secret));
  assert.equal((await run(context, old, phrase, 'id', '--export', file)).code, 1, 'no file is replaced');
  assert.equal(readFileSync(file, 'utf8'), kept);

  const wrong = await run(context, fresh, 'wrong horse\n', 'id', '--import', file);
  assert.equal(wrong.code, 2);
  assert.match(wrong.err, /the passphrase is wrong, or the file is damaged/);
  assert.ok(!existsSync(fresh));
  writeFileSync(`${file}.cut`, kept.replace(/"sealed": "..../, '"sealed": "AAAA'));
  assert.equal((await run(context, fresh, phrase, 'id', '--import', `${file}.cut`)).code, 2);
  assert.equal((await run(context, fresh, phrase, 'id', '--import', file, '--json')).code, 0);
  assert.equal(idOf(fresh), id);
  assert.equal(
    (await run(context, fresh, phrase, 'id', '--import', file)).code,
    78,
    'no identity is replaced',
  );
});

// Case H11
test('an identity is not exported without a passphrase, or with a short one', async (context) => {
  const home = temporaryHome(context);
  idOf(home);
  const file = join(temporaryHome(context), 'identity.txt');
  assert.equal((await run(context, home, 'short\n', 'id', '--export', file)).code, 2);
  assert.equal((await run(context, home, '', 'id', '--export', file)).code, 2);
  assert.ok(!existsSync(file));
});
