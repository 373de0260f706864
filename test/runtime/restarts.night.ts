/** A thousand restarts leave no memory, no descriptor and no thread behind. Fault S7. Nightly. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { notes, places, startTree, workerAt } from './tree.js';
import { hangMs } from '../support/deadline.js';

/** By hand: fewer of them. */
const restarts = Number(process.env['PARLANCE_RESTARTS'] ?? 1_000);
/** The first ones load code and fill pools. */
const warmUp = Math.ceil(restarts / 10);
const growthMbMax = 30;

/** Linux alone lists them. */
const descriptors = (): number | null =>
  process.platform === 'linux' ? readdirSync('/proc/self/fd').length : null;

// Fault S7
for (const [where, placement] of Object.entries(places))
  test(`${restarts} restarts of an actor (${where}) leave nothing behind`, async (context) => {
    const spec = workerAt(placement);
    const tree = await startTree({
      children: [notes, spec],
      restartsMax: 2 * restarts,
      restartDelayMaxMs: 5,
    });
    const ref = tree.root.ref(spec);
    const fate = where === 'inline' ? 'throw' : 'exit';
    const crash = async (n: number): Promise<void> => {
      ref.cast('work', { n, fate, times: 1, tries: new SharedArrayBuffer(4) })._unsafeUnwrap();
      const answer = await ref.call('ask', { n: 2 }, { deadlineMs: hangMs });
      assert.equal(answer._unsafeUnwrap().restarts, n);
    };
    for (let n = 1; n <= warmUp; n += 1) await crash(n);
    const before = { rssMb: process.memoryUsage.rss() / 2 ** 20, descriptors: descriptors() };
    for (let n = warmUp + 1; n <= warmUp + restarts; n += 1) await crash(n);
    const rssMb = process.memoryUsage.rss() / 2 ** 20;
    const { threads } = await tree.root.stats();
    context.diagnostic(
      `${restarts} restarts: RSS ${before.rssMb.toFixed(0)} to ${rssMb.toFixed(0)} MB, ` +
        `descriptors ${before.descriptors} to ${descriptors()}, ${threads.length} threads`,
    );
    assert.ok(rssMb - before.rssMb < growthMbMax, `${(rssMb - before.rssMb).toFixed(0)} MB more`);
    if (before.descriptors !== null) assert.ok((descriptors() ?? 0) <= before.descriptors + 2);
    assert.ok(threads.length <= 2, `${threads.length} threads`);
    await tree.root.stop();
  });
