/**
 * Everything at once: nodes in processes of their own that all talk to each other, and each half minute one of them is
 * killed, stopped, frozen or started again. At the end all that was queued is shown once and in order, and no
 * process has grown. Fault Z1. Nightly; by hand: PARLANCE_SOAK_MINUTES=1 PARLANCE_SOAK_PEERS=4.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../support/deadline.js';
import { freeUdpPort } from '../support/free-port.js';
import { spawnNode, type NodeProcess } from '../support/node-process.js';
import { temporaryHome } from '../support/program.js';
import { dice, withSeeds, type Dice } from '../support/seeds.js';

const minutes = Number(process.env['PARLANCE_SOAK_MINUTES'] ?? 10);
const peers = Number(process.env['PARLANCE_SOAK_PEERS'] ?? 10);
/** Each node sends five messages a second. */
const sendEveryMs = 200;
const faultEveryMs = Number(process.env['PARLANCE_SOAK_FAULT_MS'] ?? 30_000);
const frozenMs = 10_000;
const growthMbMax = 60;
const descriptorsMoreMax = 24;
/** A busy machine delivers the rest in its own time. */
const settledMsMax = 180_000;

/** A person at a node that runs again and again. */
class Person {
  readonly name: string;
  readonly #home: string;
  readonly #beaconPort: number;
  readonly queued: string[] = [];
  process: NodeProcess;
  id = '';
  #sent = 0;
  #counted = 0;

  constructor(context: TestContext, name: string, beaconPort: number) {
    this.name = name;
    this.#home = temporaryHome(context);
    this.#beaconPort = beaconPort;
    this.process = this.#spawn();
    context.after(() => void this.process.child.kill('SIGKILL'));
  }

  async ready(): Promise<void> {
    ({ id: this.id } = await this.process.until('ready'));
  }

  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    this.process.child.kill(signal);
    await this.process.exited;
    this.#count();
    this.#counted = 0;
    this.process = this.#spawn();
    await this.ready();
  }

  say(to: Person): void {
    this.#sent += 1;
    this.process.tell({ type: 'send', to: to.id, texts: [`${this.name} ${to.name} ${this.#sent}`] });
  }

  /** Texts that were shown to it, with those of earlier runs: a reader begins at the first event. */
  shown = (): readonly string[] =>
    this.process.said.flatMap((said) => (said.said === 'shown' ? [said.text] : []));

  #count(): void {
    const { said } = this.process;
    for (const each of said.slice(this.#counted)) if (each.said === 'queued') this.queued.push(...each.texts);
    this.#counted = said.length;
  }

  total(): readonly string[] {
    this.#count();
    return this.queued;
  }

  memory(): { readonly rssMb: number; readonly descriptors: number } {
    const pid = this.process.child.pid ?? 0;
    const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
    return { rssMb: (pages * 4_096) / 2 ** 20, descriptors: readdirSync(`/proc/${pid}/fd`).length };
  }

  #spawn = (): NodeProcess =>
    spawnNode({ home: this.#home, name: this.name, beaconPort: this.#beaconPort, placing: 'inline' });
}

async function fault(person: Person, draw: Dice): Promise<string> {
  const kind = draw(3);
  if (kind === 0) {
    person.process.child.kill('SIGSTOP');
    await pause(frozenMs);
    person.process.child.kill('SIGCONT');
    return `${person.name} frozen`;
  }
  await person.end(kind === 1 ? 'SIGKILL' : 'SIGTERM');
  return `${person.name} ${kind === 1 ? 'killed' : 'stopped'}`;
}

async function soak(context: TestContext, seed: number): Promise<void> {
  const draw = dice(seed);
  const beaconPort = await freeUdpPort();
  const people = Array.from({ length: peers }, (_, n) => new Person(context, `p${n}`, beaconPort));
  for (const person of people) await person.ready();
  const other = (person: Person): Person => {
    const others = people.filter((each) => each !== person);
    return others[draw(others.length)] ?? person;
  };
  const talking = setInterval(() => {
    for (const person of people) person.say(other(person));
  }, sendEveryMs);
  context.after(() => clearInterval(talking));
  // The first messages load code and open sessions.
  await pause(Math.min(60_000, minutes * 10_000));
  const before = new Map(people.map((person) => [person.process, person.memory()]));
  const faults: string[] = [];
  const untilMs = performance.now() + minutes * 60_000;
  while (performance.now() < untilMs) {
    await pause(faultEveryMs);
    const [person] = people.slice(draw(people.length));
    if (person !== undefined) faults.push(await fault(person, draw));
  }
  clearInterval(talking);
  for (const person of people) assertSteady(context, person, before);
  const queued = people.flatMap((person) => person.total());
  const arrived = (): boolean => {
    const shown = new Set(people.flatMap((person) => person.shown()));
    return people.flatMap((person) => person.total()).every((text) => shown.has(text));
  };
  await eventually(arrived, settledMsMax, 'all arrived').catch(() => undefined);
  const shown = people.flatMap((person) => person.shown());
  const seen = new Set(shown);
  const lost = people.flatMap((person) => person.total()).filter((text) => !seen.has(text));
  assert.deepEqual(lost.slice(0, 5), [], `${lost.length} of ${queued.length} lost`);
  assert.equal(shown.length, seen.size, 'shown twice');
  for (const person of people) assertOrder(person.shown());
  context.diagnostic(
    `seed ${seed}: ${queued.length} queued, 0 lost, ${faults.length} faults: ${faults.join(', ')}`,
  );
}

/** A process that has run since `before` has neither grown nor opened more. */
function assertSteady(
  context: TestContext,
  person: Person,
  before: ReadonlyMap<NodeProcess, ReturnType<Person['memory']>>,
): void {
  const was = before.get(person.process);
  if (was === undefined) return;
  const now = person.memory();
  context.diagnostic(
    `${person.name}: RSS ${was.rssMb.toFixed(0)} to ${now.rssMb.toFixed(0)} MB, descriptors ${was.descriptors} to ${now.descriptors}`,
  );
  assert.ok(now.rssMb - was.rssMb < growthMbMax, `${person.name} has grown`);
  assert.ok(now.descriptors - was.descriptors < descriptorsMoreMax, `${person.name} has opened more`);
}

/** Messages of one sender come in the order of sending. */
function assertOrder(shown: readonly string[]): void {
  const newest = new Map<string, number>();
  for (const text of shown) {
    const [from = '', , number] = text.split(' ');
    assert.ok(Number(number) > (newest.get(from) ?? 0), `${text} comes after a later one`);
    newest.set(from, Number(number));
  }
}

// Fault Z1
test(
  `${peers} nodes that talk for ${minutes} minutes under faults lose nothing and do not grow`,
  { skip: process.platform === 'linux' ? false : 'only Linux tells the memory of a process' },
  (context) => withSeeds(context, (seed) => soak(context, seed)),
);
