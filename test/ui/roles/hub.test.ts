/** The log of the hub with a slow reader. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { once } from 'node:events';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { roles as limits } from '../../../src/ui/cli/limits.js';
import { run } from '../../../src/ui/cli/program.js';
import { eventually, testMsMax, within } from '../../support/deadline.js';
import { fakeWorld } from '../../support/fake-world.js';
import { portIn } from '../../support/role-program.js';

/** A reader that takes one line, and the rest after its release. */
class SlowReader extends Writable {
  text = '';
  #goOn: (() => void) | null = null;
  #isHeld = true;

  constructor() {
    super({ highWaterMark: 1 });
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    const isFirst = this.text === '';
    this.text += chunk.toString();
    if (isFirst || !this.#isHeld) done();
    else this.#goOn = done;
  }

  release(): void {
    this.#isHeld = false;
    this.#goOn?.();
  }

  lines(): readonly string[] {
    return this.text.trimEnd().split('\n');
  }
}

test(
  'a slow reader of the log gets the number of omitted lines in their place',
  { timeout: testMsMax },
  async (t) => {
    const it = fakeWorld();
    t.after(() => it.remove());
    const stdout = new SlowReader();
    const ended = run(['hub', '--bind', '127.0.0.1', '--port', '0'], { ...it.world, stdout });
    await eventually(() => stdout.text.includes('The hub listens'), 5_000, 'the hub');
    const port = portIn(stdout.lines()[0] ?? '');
    const come = async (): Promise<void> => {
      const socket = connect({ host: '127.0.0.1', port });
      await once(socket, 'connect');
      socket.end().resume();
      await once(socket, 'close');
    };
    const tooMany = limits.hubLinesWaitingMax + 50;
    for (let count = 0; count < tooMany; count += 1) await come();
    stdout.release();
    await eventually(() => stdout.text.includes('omitted'), 5_000, 'the gap');
    await come();
    await eventually(() => stdout.lines().at(-1)?.startsWith('New connection') === true, 5_000, 'one more');
    it.signal();
    assert.equal(await within(ended, 5_000, 'the end'), 0);
    const [, ...lines] = stdout.lines();
    // One is being written while the others wait.
    const kept = limits.hubLinesWaitingMax + 1;
    assert.ok(lines.slice(0, kept).every((line) => line.startsWith('New connection from 127.0.0.1:')));
    assert.equal(lines[kept], '49 lines were omitted: they came faster than they were read.');
    assert.match(lines[kept + 1] ?? '', /^New connection/);
    assert.deepEqual(lines.slice(kept + 2), ['Server shutting down...']);
  },
);

test(
  'the environment sets the address of the hub, and a flag goes before it',
  { timeout: testMsMax },
  async (t) => {
    const listening = async (env: Readonly<Record<string, string>>, ...args: string[]): Promise<string> => {
      const it = fakeWorld({ env });
      t.after(() => it.remove());
      const ended = it.run('hub', '--port', '0', ...args);
      await eventually(() => it.stdout.text.includes('The hub listens'), 5_000, 'the hub');
      it.signal();
      assert.equal(await within(ended, 5_000, 'the end'), 0);
      return it.stdout.lines()[0] ?? '';
    };
    const env = { PARLANCE_BIND: '127.0.0.33' };
    assert.match(await listening(env), /^The hub listens on 127\.0\.0\.33:\d+\./);
    assert.match(await listening(env, '--bind', '127.0.0.34'), /^The hub listens on 127\.0\.0\.34:\d+\./);
    const wrong = fakeWorld({ env: { PARLANCE_BIND: 'here' } });
    t.after(() => wrong.remove());
    assert.equal(await wrong.run('hub', '--port', '0'), 2);
    assert.match(wrong.stderr.text, /PARLANCE_BIND: an address is an IPv4 or IPv6 address, not "here"/);
  },
);
