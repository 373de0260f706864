/** The numbers of the runtime as options. */
import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { describe, test } from 'node:test';
import { child } from '../../src/runtime/index.js';
import { creditPerLink, runtime } from '../../src/runtime/limits.js';
import { Boots } from '../../src/runtime/thread/boots.js';
import { worker } from './actors.js';
import { notes, own, startTree, until, workerAt } from './tree.js';

describe('CPU time of one handler', () => {
  test('above the heartbeat and within busyMsMax does not crash it', async () => {
    const spec = workerAt(own);
    // Half of the default: the thread works through it.
    const heartbeatDeadlineMs = runtime.heartbeatDeadlineMs / 2;
    const limits = { heartbeatDeadlineMs, heartbeatEveryMs: runtime.heartbeatEveryMs / 2, busyMsMax: 4_000 };
    const tree = await startTree({ children: [notes, spec], limits });
    tree.root
      .ref(spec)
      .cast('compute', { n: 1, cpuMs: heartbeatDeadlineMs + 500 })
      ._unsafeUnwrap();
    await until(async () => (await tree.journal()).length === 1);
    assert.ok(tree.events.every(({ type }) => type !== 'exited'));
    await tree.root.stop();
  });

  test('above busyMsMax is an endless loop', async () => {
    const spec = workerAt(own);
    const tree = await startTree({ children: [notes, spec], limits: { busyMsMax: 300 } });
    const tries = new SharedArrayBuffer(4);
    tree.root.ref(spec).cast('work', { n: 1, fate: 'loop', times: 1, tries })._unsafeUnwrap();
    const exited = await tree.event(({ type }) => type === 'exited');
    assert.match(JSON.stringify(exited), /no sign of life for 300 ms/u);
    await until(async () => (await tree.journal()).length === 1);
    await tree.root.stop();
  });
});

test('the credit of all links into one mailbox stays within it, however many they are', () => {
  const limits = { linkCreditMin: 16, linkCreditMax: 4_096 };
  assert.deepEqual(
    [1, 2, 3, 50, 256, 10_000].map((links) => creditPerLink(4_096, links, limits)),
    [4_096, 2_048, 1_024, 64, 16, 16],
  );
  assert.equal(creditPerLink(10, 1, limits), 10);
  for (let links = 1; links <= 256; links += 1)
    assert.ok(creditPerLink(4_096, links, limits) * links <= 4_096);
});

// Runtime F18
test('threads boot side by side up to twice the number of cores, the others in their turn', () => {
  assert.equal(runtime.bootsMax, 2 * availableParallelism());
  const boots = new Boots(2);
  const booted: number[] = [];
  const jobs = [0, 1, 2, 3, 4].map((n) => () => void booted.push(n));
  for (const job of jobs) boots.admit(job);
  assert.deepEqual(booted, [0, 1]);
  const [, , , third] = jobs;
  assert.ok(third !== undefined && boots.withdraw(third));
  boots.over();
  boots.over();
  assert.deepEqual(booted, [0, 1, 2, 4]);
});

test('a thread is started with the environment, the options and the output of its placement', async () => {
  const heard: string[] = [];
  const code = `import ${JSON.stringify(own.kind === 'thread' ? own.entry?.href : '')};
    console.log(process.env.COLOUR, process.execArgv.join(' '));`;
  const spec = workerAt({
    kind: 'thread',
    entry: new URL(`data:text/javascript,${encodeURIComponent(code)}`),
    env: { COLOUR: 'green' },
    execArgv: ['--no-warnings'],
    resourceLimits: { maxOldGenerationSizeMb: 64 },
    stdout: (output) => output.on('data', (chunk) => heard.push(String(chunk))),
  });
  const tree = await startTree({ children: [notes, spec] });
  await until(() => heard.join('').includes('\n'));
  assert.equal(heard.join(''), 'green --no-warnings\n');
  await tree.root.stop();
});

test('a message is set aside after as many deaths of its thread as its actor allows', async () => {
  const spec = child({ ...worker, triesMax: 1 }, { placement: own, args: {}, links: { journal: notes } });
  const tree = await startTree({ children: [notes, spec] });
  tree.root.ref(spec).cast('work', { n: 1, fate: 'exit' })._unsafeUnwrap();
  await tree.event((event) => event.type === 'dead-letter' && event.letter.reason === 'poison');
  assert.equal(tree.events.filter(({ type }) => type === 'exited').length, 1);
  await tree.root.stop();
});
