/** Partitions, and a host that gets another address. Faults D6, D18. */
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { lines, online, openPair, options, sendAll } from './pair.js';

// Fault D6
for (const cut of ['both', 'left'] as const)
  test(`messages that wait out a partition (${cut}) flow soon after its end`, options, async (context) => {
    const { lab, alice, bob } = await openPair(context, 'both');
    await sendAll(alice, bob, ['first']);
    lab.impair({ cut });
    const sending = sendAll(alice, bob, lines(200, 'waiting'));
    // The outage itself takes this time.
    await pause(15_000);
    const healedMs = performance.now();
    lab.impair({});
    await sending;
    const tookMs = performance.now() - healedMs;
    context.diagnostic(`D6 (${cut}): 200 of 200 in order ${(tookMs / 1_000).toFixed(1)} s after the end`);
  });

// Fault D18
test('a host that gets another address is found there, and nothing is lost', options, async (context) => {
  const { lab, alice, bob } = await openPair(context, 'both');
  await sendAll(alice, bob, ['first']);
  lab.ip(1, 'addr', 'del', '10.99.0.2/24', 'dev', 'net0');
  lab.ip(1, 'addr', 'add', '10.99.0.7/24', 'brd', '+', 'dev', 'net0');
  const movedMs = performance.now();
  await alice.until(
    (fields) => online('bob')(fields) && fields['address'] === '10.99.0.7',
    'sees the new address',
  );
  const seenS = (performance.now() - movedMs) / 1_000;
  await sendAll(alice, bob, lines(20, 'after'));
  context.diagnostic(`D18: seen at the new address after ${seenS.toFixed(1)} s, 20 of 20 delivered`);
});
