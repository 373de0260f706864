/** When the work of one thread runs: exact, without an event loop. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NameTable } from '../../src/runtime/link/names.js';
import { Drains } from '../../src/runtime/thread/drains.js';
import { Agenda, type Loop } from '../../src/runtime/timers.js';

/** A loop that only notes what it is to do. */
function notedLoop() {
  const asked: ('soon' | 'turn')[] = [];
  let turns: (() => void)[] = [];
  let nowMs = 0;
  const loop: Loop = {
    now: () => nowMs,
    soon: () => asked.push('soon'),
    turn: (job) => {
      asked.push('turn');
      turns.push(job);
    },
    timer: () => assert.fail('no timer is needed'),
  };
  const pass = (ms: number): void => {
    nowMs += ms;
  };
  const runTurn = (): void => {
    const due = turns;
    turns = [];
    for (const job of due) job();
  };
  return { loop, asked, pass, runTurn };
}
const limits = { drainsPerTurn: 64, drainsPerTurnMax: 1_024, turnMs: 1 };
const countOf = (asked: readonly string[], what: string): number =>
  asked.filter((one) => one === what).length;

describe('drains of mailboxes', () => {
  test('give I/O its turn after 64 of them once a millisecond has passed', () => {
    const { loop, asked, pass } = notedLoop();
    const drains = new Drains(loop, limits);
    for (let n = 0; n < 60; n += 1) drains.add(() => undefined);
    pass(1);
    for (let n = 0; n < 10; n += 1) drains.add(() => undefined);
    assert.equal(countOf(asked, 'soon'), 64);
    assert.equal(countOf(asked, 'turn'), 1, 'one turn for all that are late');
  });

  test('go on while they are quick, up to a bound', () => {
    const { loop, asked } = notedLoop();
    const drains = new Drains(loop, limits);
    for (let n = 0; n < 2_000; n += 1) drains.add(() => undefined);
    assert.equal(countOf(asked, 'soon'), limits.drainsPerTurnMax);
    assert.equal(countOf(asked, 'turn'), 1);
  });

  test('that were late run in their order in the next turn, which begins a new count', () => {
    const { loop, asked, pass, runTurn } = notedLoop();
    const drains = new Drains(loop, { ...limits, turnMs: 0 });
    const ran: number[] = [];
    for (let n = 0; n < 67; n += 1) drains.add(() => ran.push(n));
    pass(1);
    runTurn();
    assert.deepEqual(ran, [64, 65, 66]);
    drains.add(() => undefined);
    assert.equal(asked.at(-1), 'soon');
  });
});

/** An agenda, and the runs that it has planned. */
function planned() {
  const runs: (() => void)[] = [];
  return { agenda: new Agenda((run) => runs.push(run)), runs };
}

describe('an agenda', () => {
  test('runs its jobs in order with one plan, and later ones with the next', () => {
    const { agenda, runs } = planned();
    const ran: string[] = [];
    agenda.add(() => {
      ran.push('a');
      agenda.add(() => ran.push('c'));
    });
    agenda.add(() => ran.push('b'));
    assert.equal(runs.length, 1);
    runs[0]?.();
    assert.deepEqual(ran, ['a', 'b']);
    assert.equal(runs.length, 2);
    runs[1]?.();
    assert.deepEqual(ran, ['a', 'b', 'c']);
  });

  test('lets a job that throws delay the others, and lose none', () => {
    const { agenda, runs } = planned();
    const ran: string[] = [];
    agenda.add(() => {
      agenda.add(() => ran.push('later'));
      throw new Error('boom');
    });
    agenda.add(() => ran.push('next'));
    assert.throws(() => runs[0]?.(), /boom/u);
    assert.equal(runs.length, 2);
    runs[1]?.();
    assert.deepEqual(ran, ['next', 'later']);
  });
});

test('the names of a link keep their codes, be they few or many', () => {
  const table = new NameTable();
  const names = Array.from({ length: 40 }, (_, n) => `name-${n}`);
  const codes = names.map((name) => table.codeOf(name));
  assert.equal(new Set(codes).size, names.length);
  for (const [n, name] of names.entries()) {
    assert.equal(table.codeOf(name), codes[n]);
    assert.equal(table.nameOf(codes[n] ?? -1), name);
  }
});
