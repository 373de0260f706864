/** Callers while the user is busy or stops waiting, at a terminal with a real node. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { run } from '../../../src/ui/cli/program.js';
import { eventually, testMsMax, within } from '../../support/deadline.js';
import { fakeWorld } from '../../support/fake-world.js';
import { launchInline } from '../../support/inline-nodes.js';
import { startChat } from '../../support/standins/chatbuddy.js';
import { freeUdpPort } from '../../support/free-port.js';

const options = { timeout: testMsMax };

async function menuAtTerminal(t: TestContext) {
  const it = fakeWorld({ isTTY: true });
  t.after(async () => {
    it.signal();
    await ended;
    it.remove();
  });
  const scene = ['--bind', '127.0.0.1', '--port', '0', '--broadcast', '127.0.0.1', '--listen', 'chatbuddy=0'];
  const args = ['menu', 'chatbuddy', '--beacon-port', String(await freeUdpPort()), ...scene];
  const ended = run(args, { ...it.world, launchNode: launchInline });
  const count = (words: string): number => it.stdout.text.split(words).length - 1;
  return {
    count,
    type: (line: string): void => void it.stdin.write(`${line}\r`),
    /** Waits until `words` were printed `times` times in all. */
    printed: (words: string, times: number): Promise<void> =>
      eventually(() => count(words) >= times, 5_000, `${times} of "${words}"`).catch((cause: unknown) => {
        throw new Error(`${String(cause)} in ${JSON.stringify(it.stdout.text.slice(-1_500))}`);
      }),
    port: (): number => Number(/Waiting at 127\.0\.0\.1:(\d+)/.exec(it.stdout.text)?.[1]),
    leave: async (): Promise<void> => {
      it.stdin.write('4\r');
      assert.equal(await within(ended, 10_000, 'the end'), 0);
    },
  };
}

test('a caller that comes when the user stops waiting gets its conversation', options, async (t) => {
  const menu = await menuAtTerminal(t);
  for (let round = 1; round <= 8; round += 1) {
    const hints = menu.count('wants to talk: choose 3');
    menu.type('3');
    await menu.printed('Waiting at 127.0.0.1', round);
    await menu.printed('(Enter stops waiting)', round);
    const caller = await startChat(menu.port());
    for (let turn = 0; turn < 3 * (round - 1); turn += 1)
      await new Promise((resolve) => setImmediate(resolve));
    menu.type('');
    const isTaken = (): boolean => menu.count('Connected. EOM') >= round;
    const isTold = (): boolean => menu.count('wants to talk: choose 3') > hints;
    await eventually(() => isTaken() || isTold(), 5_000, `word of the caller in round ${round}`);
    if (!isTaken()) {
      // Chosen again once he is there; the next round's "Waiting" is the one after.
      menu.type('3');
      await menu.printed('Connected. EOM', round);
    }
    caller.say(`knock ${round}`);
    await menu.printed(`knock ${round}`, 1);
    menu.type(`come in ${round}`);
    assert.equal(await caller.heard.take(), `come in ${round}`);
    menu.type('EOM');
    assert.equal(await caller.heard.take(), null);
  }
  await menu.leave();
});

test(
  'a caller during a conversation or between choices is announced, and taken by waiting',
  options,
  async (t) => {
    const menu = await menuAtTerminal(t);
    menu.type('3');
    await menu.printed('Waiting at 127.0.0.1', 1);
    menu.type('is anybody here?');
    await menu.printed('No peer is there to read that.', 1);
    const first = await startChat(menu.port());
    await menu.printed('Connected. EOM', 1);
    const second = await startChat(menu.port());
    await menu.printed('wants to talk: end this chat, then choose 3.', 1);
    await first.end();
    await menu.printed('wants to talk: choose 3.', 1);
    menu.type('3');
    await menu.printed('Connected. EOM', 2);
    menu.type('  your turn');
    await menu.printed('›   your turn\n', 1);
    assert.equal(await second.heard.take(), '  your turn');
    await second.end();
    await menu.printed('has left', 2);
    const third = await startChat(menu.port());
    await menu.printed('wants to talk: choose 3.', 2);
    await menu.leave();
    assert.equal(await third.heard.take(), null, 'told when we leave');
  },
);
