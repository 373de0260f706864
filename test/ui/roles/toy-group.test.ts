/** `P` and `Q` of the environment: prime and generator of the key exchange of cmp2204. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { portIn, runRole } from '../../support/role-program.js';
import { initiate, startResponder } from '../../support/standins/cmp2204.js';
import { testMsMax } from '../../support/deadline.js';

const options = { timeout: testMsMax };
const group = { p: 97, q: 7 };
const env = { P: '97', Q: '7' };

test('initiate uses the group of its environment, and asks for a number of it', options, async (t) => {
  const responder = await startResponder({ group });
  t.after(responder.close);
  const role = await runRole(t, ['initiate'], { env });
  role.type('2', `127.0.0.1:${responder.port}`, 'y', '98', '45', 'sealed');
  await role.line(/^Your number, 1 to 97/);
  await role.line(/"98" is not a number from 1 to 97/);
  assert.deepEqual(await responder.received.take(), { text: 'sealed', isEncrypted: true, from: '127.0.0.1' });
  role.type('4');
  assert.equal(await role.exit(), 0);
});

// Case O7
test('respond reads its own group and the known ones, and tells of a text of another', options, async (t) => {
  const role = await runRole(t, ['respond'], { env });
  const port = portIn(await role.line(/^Waiting for messages at /));
  await initiate({ port, text: 'usual group', secret: 45 });
  await role.line(/: usual group \[weakly encrypted, unverified\]/);
  const unknown = { p: 1_009, q: 11 };
  // Numbers so small fit now and then by chance, and then the text is read.
  for (let nth = 0; nth < 5; nth += 1)
    await initiate({ port, text: 'unknown group', secret: 500, group: unknown }).catch(() => undefined);
  await role.line(/sent an encrypted message that cannot be read: its numbers P and Q are not ours/);
  await initiate({ port, text: 'sealed', secret: 45, group });
  await role.line(/: sealed \[weakly encrypted, unverified\]/);
  assert.ok(
    role.lines().filter((line) => line.includes('unknown group')).length <= 2,
    role.lines().join('\n'),
  );
  role.kill('SIGINT');
  assert.equal(await role.exit(), 0);
});

test(
  'an invalid prime or generator is refused with the reason; one alone has no effect',
  options,
  async (t) => {
    const wrong: readonly (readonly [string, string, RegExp])[] = [
      [
        'x',
        '5',
        /^parlance: wrong setting for cmp2204: P, the prime, is "x": it must be a number from 3 to 9+; correct it/,
      ],
      ['2', '5', /P, the prime, is "2"/],
      ['1000000000000000000', '5', /P, the prime, is "1000000000000000000"/],
      ['23', '0', /Q, the generator, is "0": it must be at least 2 and below P, which is 23; correct it/],
      ['23', '23', /Q, the generator, is "23"/],
      ['23', '', /Q, the generator, is ""/],
    ];
    for (const [p, q, words] of wrong) {
      const role = await runRole(t, ['respond'], { env: { P: p, Q: q } });
      assert.equal(await role.exit(), 2, `${p} ${q}`);
      assert.match(role.stderr(), words);
      assert.equal(role.stderr().trim().split('\n').length, 1, role.stderr());
    }
    const alone = await runRole(t, ['respond'], { env: { P: 'x' } });
    await alone.line(/^Waiting for messages at /);
  },
);

test('a node that ran before keeps its group, and the role says so', options, async (t) => {
  const running = await runRole(t, ['respond']);
  await running.line(/^Waiting for messages at /);
  const role = await runRole(t, ['initiate'], {
    home: running.home,
    beaconPort: running.beaconPort,
    env: { P: 'x', Q: 'y' },
  });
  const responder = await startResponder({});
  t.after(responder.close);
  role.type('2', `127.0.0.1:${responder.port}`, 'y', '6', 'sealed');
  assert.equal((await responder.received.take()).text, 'sealed');
  assert.match(role.stderr(), /P and Q have no effect/);
  role.type('4');
  assert.equal(await role.exit(), 0);
});
