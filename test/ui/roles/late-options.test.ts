/** A role on a running node: flags for the start of a node are refused, not ignored. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closedPort, runRole } from '../../support/role-program.js';
import type { Program } from '../../support/program.js';
import { testMsMax } from '../../support/deadline.js';

const options = { timeout: testMsMax };

test('flags for the start of a node are refused when one runs', options, async (t) => {
  const running = await runRole(t, ['serve', '--json', '--dialects', 'all', ...ownPorts]);
  const ready = await running.until(({ type }) => type === 'ready');
  const { home, beaconPort } = running;
  const other = String(await closedPort());
  const refused: readonly (readonly [readonly string[], string, string?])[] = [
    [['menu', 'synergy', '--greet', '10.0.0.7:70', '--send-timeout', '3'], '--greet, --send-timeout'],
    [['menu', 'netech', '--port', other], '--port'],
    [['respond', '--port', other], '--port'],
    [['wait', '--port', other], '--port'],
    [['menu', 'chatbuddy', '--listen', `chatbuddy=${other}`], '--listen'],
    [['menu', 'netech', '--listen', 'netech=0'], '--listen'],
    [['announce', '--name', 'nobody', '--beacon-interval', '4'], '--name, --beacon-interval'],
    [['discover', '--beacon-port', other], '--beacon-port'],
    [['respond', '--max-connections', '6'], '--bind, --max-connections', '127.0.0.2'],
    [['initiate', '--broadcast', '127.0.0.3'], '--broadcast'],
    [['connect', '127.0.0.1', '--port-strict'], '--port-strict'],
    [['menu', 'netech', '--log-level', 'debug', '--log-file', 'x.log'], '--log-level, --log-file'],
  ];
  for (const [args, flags, bind = '127.0.0.1'] of refused) {
    const role = await runRole(t, args, { home, beaconPort, bind });
    assert.equal(await role.exit(), 6, args.join(' '));
    const words = `parlance: too late for ${flags}: a node runs in ${home}, and reads that only at its start; end that node, leave the option out, or choose another home with --home\n`;
    assert.equal(role.stderr(), words);
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
