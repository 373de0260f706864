/** The doctor's test of the UDP ports: which failures of a bind are a problem of the port. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { udpProblem } from '../../src/actors/presence/self-test.js';

// Addresses that are reserved for documentation, which no machine has.
for (const missing of ['192.0.2.9', '2001:db8::9']) {
  test(`the UDP test names the error where no interface has the address ${missing}`, async () => {
    const problem = await udpProblem([missing], 0);
    assert.ok(['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(problem ?? ''), `${problem}`);
    assert.equal(await udpProblem(['127.0.0.1', missing], 0), problem);
  });
}

test('the UDP test passes on all addresses, whether or not the machine has IPv6', async () => {
  assert.equal(await udpProblem(['0.0.0.0', '::'], 0), null);
});
