/** A role on a running node: flags for the start of a node are refused, not ignored. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closedPort, runRole } from '../../support/role-program.js';
import type { Program } from '../../support/program.js';
import { testMsMax } from '../../support/deadline.js';

const options = { timeout: testMsMax };

// Case S1
test('a flag that differs from the running node is exit 2 with both values', options, async (t) => {
  const running = await runRole(t, ['serve', '--json', '--dialects', 'all', ...ownPorts]);
  const ready = await running.until(({ type }) => type === 'ready');
  const { home, beaconPort } = running;
  const port = String(ready['port']);
  const other = String(await closedPort());
  const refused: readonly (readonly [readonly string[], RegExp, string?])[] = [
    [['menu', 'synergy', '--greet', '10.0.0.7:70'], /--greet 10\.0\.0\.7:70 was given, and it has none;/],
    [['menu', 'synergy', '--send-timeout', '3'], /--send-timeout 3 was given, and it has 20;/],
    [['menu', 'netech', '--port', other], new RegExp(`--port ${other} was given, and it has ${port};`)],
    [['respond', '--port', other], /--port \d+ was given/],
    [['wait', '--port', other], new RegExp(`--port cse310=${other} was given, and it has .*cse310=\\d+`)],
    [['menu', 'chatbuddy', '--listen', `chatbuddy=${other}`], /--listen chatbuddy=\d+ was given, and it has/],
    [['menu', 'netech', '--listen', 'netech=0'], /--listen netech=0 was given/],
    [
      ['announce', '--name', 'nobody', '--beacon-interval', '4'],
      /--name nobody was given, and it has nora; --beacon-interval 4 was given, and it has 8;/,
    ],
    [['discover', '--beacon-port', other], /--beacon-port \d+,\d+ was given, and it has \d+;/],
    [
      ['respond', '--max-connections', '6'],
      /--bind 127\.0\.0\.2 was given, and it has 127\.0\.0\.1; --max-connections 6 was given, and it has 5;/,
      '127.0.0.2',
    ],
    [['initiate', '--broadcast', '127.0.0.3'], /--broadcast 127\.0\.0\.3,127\.0\.0\.1 was given/],
    [['connect', '127.0.0.1', '--port-strict'], /--port-strict on was given, and it has off;/],
    [
      ['menu', 'netech', '--log-level', 'debug', '--log-file', '/x.log'],
      /--log-level debug was given, and it has warn; --log-file \/x\.log was given, and it has none;/,
    ],
    [['peers', '--secure-only'], /--secure-only on was given, and it has off;/],
  ];
  for (const [args, words, bind = '127.0.0.1'] of refused) {
    const role = await runRole(t, args, { home, beaconPort, bind });
    assert.equal(await role.exit(), 2, args.join(' '));
    assert.match(role.stderr(), words);
    assert.equal(role.stderr().trimEnd().split('\n').length, 1);
  }
  const same = ['--port', String(ready['port']), '--port-strict', '--listen', 'chatbuddy=0'];
  const asStarted = [
    '--name',
    'nora',
    '--max-connections',
    '5',
    '--beacon-interval',
    '8',
    '--dialects',
    'cse310',
  ];
  const welcome: readonly (readonly [readonly string[], Readonly<Record<string, string>>])[] = [
    [['menu', 'netech', ...same], {}],
    [['menu', 'netech', '--port', '0'], {}],
    [['menu', 'netech', ...asStarted, '--log-level', 'warn'], {}],
    [['menu', 'netech'], { PARLANCE_PORT: other, PARLANCE_SEND_TIMEOUT: '3' }],
  ];
  for (const [args, env] of welcome) {
    const menu = await runRole(t, args, { home, beaconPort, env });
    await menu.line(/^You can be reached at/);
    menu.type('0');
    assert.equal(await menu.exit(), 0);
  }
  await ends(running);
});

const ownPorts = ['--listen', 'cse310=0', '--listen', 'chatbuddy=0'];

async function ends(program: Program): Promise<void> {
  program.kill('SIGTERM');
  assert.equal(await program.exit(), 0);
}
