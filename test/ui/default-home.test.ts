/** The home that a command means, whatever the environment holds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { homeOf } from '../../src/home/default-home.js';

const machine = (userDirectory: string | null, platform: NodeJS.Platform = 'linux') => ({
  platform,
  userDirectory: () => userDirectory,
});

// Case S7
test('the default home is never below the current directory', { skip: process.platform === 'win32' }, () => {
  const known = machine('/home/nora');
  const found = (env: Record<string, string>, on = known) => homeOf(undefined, env, on).unwrapOr('refused');
  assert.equal(found({ HOME: '/home/anna' }), '/home/anna/.local/share/parlance');
  assert.equal(found({ HOME: '/home/anna', XDG_DATA_HOME: '/data' }), '/data/parlance');
  assert.equal(found({ HOME: '/home/anna', XDG_DATA_HOME: 'data' }), '/home/anna/.local/share/parlance');
  for (const HOME of ['', '.', 'home/nora'])
    assert.equal(found({ HOME }), '/home/nora/.local/share/parlance', JSON.stringify(HOME));
  assert.equal(found({}), '/home/nora/.local/share/parlance');
  assert.equal(found({ HOME: '/r' }, machine(null, 'darwin')), '/r/Library/Application Support/parlance');
  for (const user of [null, '', 'nowhere'])
    assert.equal(homeOf(undefined, { HOME: '' }, machine(user))._unsafeUnwrapErr().code, 'home/unusable');
  assert.equal(found({ PARLANCE_HOME: '/else' }, machine(null)), '/else');
  assert.equal(homeOf('/flag', { PARLANCE_HOME: '/else' })._unsafeUnwrap(), '/flag');
});
