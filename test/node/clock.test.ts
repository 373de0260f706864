/** The wall clock of a machine may jump: that changes the times that are shown, and nothing else. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { liveNode } from '../support/live-node.js';
import { runProgram, sceneOptions, temporaryHome } from '../support/program.js';
import { freeUdpPort } from '../support/free-port.js';

const dayMs = 86_400_000;
const preload = new URL('../support/shifted-clock.js', import.meta.url).href;

test('order, receipts and retries hold while the clock of the sender jumps by days and decades', async (context) => {
  const beaconPort = await freeUdpPort();
  const home = temporaryHome(context);
  // A home holds nothing but a profile.
  const clock = join(temporaryHome(context), 'clock');
  const setClock = (offsetMs: number) => writeFileSync(clock, String(offsetMs));
  setClock(0);
  let bob = await liveNode(context, { name: 'bob', beaconPort });
  const args = ['send', 'bob', '--json', '--timeout', '60', '--home', home, '--name', 'alice'];
  const options = ['--beacon-interval', '1', ...sceneOptions(beaconPort)];
  const alice = runProgram(
    context,
    [...args, ...options],
    {
      NODE_OPTIONS: `--import=${preload}`,
      SHIFTED_CLOCK_FILE: clock,
    },
    'inline',
  );
  const texts: string[] = [];
  const say = (count: number, what: string) => {
    const fresh = Array.from({ length: count }, (_, at) => `${what} ${at}`);
    texts.push(...fresh);
    alice.write(fresh.map((text) => `${text}\n`).join(''));
  };
  const nowMs = Date.now();
  const jumps = {
    'two days ahead': 2 * dayMs,
    'a day behind': -dayMs,
    'in 1999': Date.UTC(1999, 0, 1) - nowMs,
    'in 2039': Date.UTC(2039, 0, 1) - nowMs,
  };
  say(10, 'on time');
  for (const [what, offsetMs] of Object.entries(jumps)) {
    await alice.untilCount(texts.length, isDelivered);
    setClock(offsetMs);
    say(10, what);
    // Said to nobody, the clock jumping meanwhile: retried by the monotonic clock, and at the first beacon.
    await bob.close();
    say(10, `${what}, alone`);
    setClock(offsetMs + dayMs);
    bob = await liveNode(context, { name: 'bob', beaconPort, home: bob.home });
    const startedMs = performance.now();
    await alice.untilCount(texts.length, isDelivered);
    context.diagnostic(`${what}: after ${Math.round(performance.now() - startedMs)} ms`);
  }
  alice.end();
  assert.equal(await alice.exit(), 0);
  const history = await bob.handle.history({ limit: 1_000 });
  assert.deepEqual(history.map((lines) => lines.map(({ text }) => text)).unwrapOr([]), texts);
});

const isDelivered = ({ type, state }: Readonly<Record<string, unknown>>): boolean =>
  type === 'status' && state === 'delivered';
