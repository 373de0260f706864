/** Which connection without a slot is held, and which is reset. Case N9. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admission as limits } from '../../src/admission/limits.js';
import { EagerSources, unseated, type Visitor } from '../../src/admission/spare-seats.js';
import { fullHello } from '../support/admission-driver.js';

const visitor = (more: Partial<Visitor> = {}): Visitor => ({
  address: '10.0.0.1',
  hello: null,
  acceptedAtMs: 0,
  isEager: false,
  ...more,
});

// Case N9
test('a silent caller makes way once its first bytes are late, one that has spoken does not', () => {
  const late = limits.silentProtectedMs;
  const [silent, speaker] = [visitor(), visitor({ hello: fullHello })];
  const newcomer = visitor({ acceptedAtMs: late });
  assert.equal(unseated([silent], newcomer, late - 1), newcomer);
  assert.equal(unseated([silent], newcomer, late), silent);
  assert.equal(unseated([speaker], newcomer, 10 * late), newcomer);
});

// Case N9
test('a source that opens one connection after the other makes way for one that does not', () => {
  const [eager, calm] = [visitor({ isEager: true, hello: fullHello }), visitor()];
  assert.equal(unseated([eager], calm, 0), eager);
  assert.equal(unseated([calm], eager, 1_000), eager, 'also where the calm one is slow to speak');
  const sources = new EagerSources();
  assert.equal(sources.arrives('fe80::1:2:3:4', 0), false);
  assert.equal(sources.arrives('fe80::5:6:7:8', limits.eagerMs - 1), true, 'a /64 is one source');
  assert.equal(sources.arrives('fe80::5', 2 * limits.eagerMs), false);
  for (let n = 0; n <= limits.addressesMax; n += 1) sources.arrives(`10.0.${n >> 8}.${n & 255}`, 0);
  assert.equal(sources.arrives('fe80::5', 2 * limits.eagerMs), false, 'forgotten');
});
