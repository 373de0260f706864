/** How long a supervisor waits for a thread (N13): exact, without threads or clocks. */
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { describe, test } from 'node:test';
import { inTime, Waits } from '../../src/runtime/thread/in-time.js';
import { Patience, usableMs, type Observation } from '../../src/runtime/thread/patience.js';
import { ProgressTable } from '../../src/runtime/thread/progress.js';
import { Tenants } from '../../src/runtime/thread/tenants.js';
import { parseProc, ThreadClock } from '../../src/runtime/thread/clock.js';

const at = (atMs: number, more: Partial<Observation> = {}): Observation => ({
  atMs,
  lateMs: 0,
  times: null,
  progress: 0,
  isDeaf: false,
  ...more,
});
const spent = (ranMs: number, waitedMs: number, idleMs: number, isHeldUp = false): Partial<Observation> => ({
  times: { ranMs, waitedMs, idleMs, isHeldUp },
});

describe('of the time between two looks a thread could have used', () => {
  const start = at(1_000, spent(500, 50, 300));
  test('all, where nothing tells its times', () => {
    assert.equal(usableMs(at(1_000), at(1_100)), 100);
    assert.equal(usableMs(at(1_000), at(1_100, spent(1, 0, 0))), 100);
  });
  test('nothing of what the supervisor itself was late', () => {
    assert.equal(usableMs(at(1_000), at(6_000, { lateMs: 4_900 })), 100);
    assert.equal(usableMs(at(1_000), at(1_050, { lateMs: 60 })), 0);
    assert.equal(usableMs(start, at(6_000, { lateMs: 4_900, ...spent(5_500, 50, 300, true) })), 100);
  });
  test('the time that it ran, when it is held up now', () => {
    assert.equal(usableMs(start, at(1_100, spent(600, 50, 300, true))), 100);
    assert.equal(usableMs(start, at(1_100, spent(504, 50, 396, true))), 4);
    assert.equal(usableMs(start, at(1_100, spent(500, 50, 300, true))), 0);
  });
  test('the time that it ran or idled, without its wait for a processor', () => {
    assert.equal(usableMs(start, at(1_100, spent(500, 50, 400))), 100);
    assert.equal(usableMs(start, at(1_100, spent(510, 50, 390))), 100);
    assert.equal(usableMs(start, at(1_100, spent(510, 130, 390))), 20);
    assert.equal(usableMs(start, at(1_100, spent(510, 190, 390))), 10);
  });
  test('a fifth of the rest', () => {
    assert.equal(usableMs(start, at(1_100, spent(500, 50, 300))), 20);
    assert.equal(usableMs(start, at(1_100, spent(530, 80, 300))), 30 + 40 / 5);
    assert.equal(usableMs(start, at(1_100, spent(530, 50, 330))), 60 + 40 / 5);
  });
});

/** Looks every 100 ms; returns after how many of them the wait is over, or null. */
function looksUntilOver(looksMax: number, look: (n: number) => Partial<Observation>): number | null {
  const patience = new Patience(1_900, at(0, look(0)));
  for (let n = 1; n <= looksMax; n += 1) if (patience.isOver(at(n * 100, look(n)))) return n;
  return null;
}

describe('the wait for a thread ends', () => {
  test('at its deadline, for an endless loop, an idle loop, and later for what blocks itself', () => {
    assert.equal(
      looksUntilOver(100, () => ({})),
      19,
    );
    assert.equal(
      looksUntilOver(100, (n) => spent(n * 100, 0, 0, true)),
      19,
    );
    assert.equal(
      looksUntilOver(100, (n) => spent(0, 0, n * 100)),
      19,
    );
    assert.equal(
      looksUntilOver(100, () => spent(0, 0, 0)),
      95,
    );
  });
  test('never for a thread without a processor, and late for an endless loop with a part of one', () => {
    assert.equal(
      looksUntilOver(10_000, () => spent(0, 0, 0, true)),
      null,
    );
    assert.equal(
      looksUntilOver(10_000, (n) => spent(n * 5, n * 95, 0, true)),
      380,
    );
  });
  test('never while it makes progress, unless it is deaf', () => {
    assert.equal(
      looksUntilOver(10_000, (n) => ({ progress: Math.floor(n / 18) })),
      null,
    );
    assert.equal(
      looksUntilOver(10_000, (n) => ({ progress: Math.min(Math.floor(n / 18), 3) })),
      54 + 19,
    );
    assert.equal(
      looksUntilOver(100, (n) => ({ progress: n, isDeaf: n >= 10 })),
      19,
    );
    assert.equal(
      looksUntilOver(100, (n) => ({ progress: n, isDeaf: n >= 40 })),
      40,
    );
  });
  test('never right after work that was within its own bound', () => {
    // A look between the end of a handler and what the thread does next.
    const table = new ProgressTable(ProgressTable.memory(1));
    const tenants = new Tenants(table, 1);
    const slot = tenants.take('worker', 6_000);
    const looks = looksUntilOver(60, (n) => {
      if (n === 0) table.run(slot);
      if (n === 55) table.run(0);
      const busyMsMax = tenants.busyMsMax();
      return { progress: table.steps, ...(busyMsMax === null ? {} : { busyMsMax }) };
    });
    assert.equal(looks, null);
  });
  test('at the next look on time, for a supervisor that stood still', () => {
    const patience = new Patience(100, at(0));
    assert.equal(patience.isOver(at(60_000, { lateMs: 59_950 })), false);
    assert.equal(patience.isOver(at(60_050)), true);
  });
});

/** Timers whose clock stands until `pass`; a job may run later than it was due. */
function standingTimers() {
  let nowMs = 0;
  let planned: { readonly dueMs: number; readonly job: () => void } | null = null;
  return {
    now: () => nowMs,
    after(ms: number, job: () => void) {
      const mine = { dueMs: nowMs + ms, job };
      planned = mine;
      return () => {
        if (planned === mine) planned = null;
      };
    },
    random: () => 0,
    isIdle: () => planned === null,
    /** Runs the job that is planned, `lateMs` after it was due. */
    next(lateMs = 0) {
      const mine = planned;
      assert.ok(mine);
      planned = null;
      nowMs = Math.max(nowMs, mine.dueMs + lateMs);
      mine.job();
    },
  };
}

describe('inTime', () => {
  test('looks again and again, and gives an answer that lies unread one more turn', async () => {
    const timers = standingTimers();
    const waiting = inTime(new Promise(() => undefined), 1_000, timers);
    for (let n = 0; n < 20; n += 1) timers.next();
    assert.equal(timers.now(), 1_000);
    timers.next();
    assert.equal(await waiting, false);
    assert.ok(timers.isIdle());
  });
  test('does not count what its own timers were late', async () => {
    const timers = standingTimers();
    const answers = new EventEmitter();
    const waiting = inTime(once(answers, 'answer'), 1_000, timers);
    for (let n = 0; n < 19; n += 1) timers.next(5_000);
    answers.emit('answer');
    assert.equal(await waiting, true);
    assert.ok(timers.isIdle());
  });
  test('asks the system for the times of a thread only when its answer is late', async () => {
    const asked: boolean[] = [];
    const see = (areTimesRead: boolean) => {
      asked.push(areTimesRead);
      return { times: null, progress: 0, isDeaf: false };
    };
    assert.equal(await inTime(Promise.resolve(), 1_000, standingTimers(), see), true);
    assert.deepEqual(asked, [false]);
    const timers = standingTimers();
    const answers = new EventEmitter();
    const late = inTime(once(answers, 'answer'), 1_000, timers, see);
    timers.next();
    answers.emit('answer');
    assert.equal(await late, true);
    assert.deepEqual(asked, [false, false, true]);
  });
  test('settles with the work, also when it fails', async () => {
    assert.equal(await inTime(Promise.reject(new Error('failed')), 1_000, standingTimers()), true);
  });
});

describe('waits for many answers of one thread', () => {
  // Runtime section 2: 10,000 actors are stopped at once.
  test('share one timer, and each answer prolongs the others', async () => {
    const timers = standingTimers();
    const waits = new Waits(timers, () => ({ times: null, progress: 0, isDeaf: false }));
    const answers = new EventEmitter();
    const [first, second] = ['first', 'second'].map((name) => waits.inTime(once(answers, name), 1_000));
    for (let n = 0; n < 19; n += 1) timers.next();
    answers.emit('first');
    assert.equal(await first, true);
    for (let n = 0; n < 20; n += 1) timers.next();
    assert.ok(!timers.isIdle());
    timers.next();
    timers.next();
    assert.equal(await second, false);
    assert.ok(timers.isIdle());
  });
});

const stat = (letter: string) =>
  `4711 (a (b) c) ${letter} 1 2 3 4 5 6 7 8 9 10 250 50 13 14 15 16 17 18 19 20`;

describe('the times of a thread', () => {
  test('are read from /proc', () => {
    assert.deepEqual(parseProc(stat('R'), '2500000000 1500000 42\n'), {
      ranMs: 2_500,
      waitedMs: 1.5,
      isHeldUp: true,
    });
    assert.deepEqual(parseProc(stat('S'), ''), { ranMs: 3_000, waitedMs: 0, isHeldUp: false });
    assert.equal(parseProc(stat('D'), '0 0 0')?.isHeldUp, true);
    assert.equal(parseProc('', ''), null);
  });
  test('are asked of the worker where /proc tells nothing; the last answer stays', async () => {
    const answers = [{ user: 1_500_000, system: 500_000 }, null, { user: 3_000_000, system: 0 }];
    const clock = new ThreadClock(
      {
        performance: { eventLoopUtilization: () => ({ idle: 7 }) },
        cpuUsage: () => Promise.resolve(answers.shift()),
      },
      () => 0,
    );
    const seen: (number | undefined)[] = [];
    while (answers.length > 0 || seen.at(-1) !== 3_000) {
      seen.push(clock.read()?.ranMs);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    assert.deepEqual([...new Set(seen)], [undefined, 2_000, 3_000]);
  });
});
