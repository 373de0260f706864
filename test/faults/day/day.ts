/**
 * Three people on three hosts for some minutes or an hour: they type while messages come, change the size of their
 * terminals, stop the prompt, change talks, leave and come back, write to the absent; a key changes, and a peer is
 * blocked. At all times the input line is what was typed, no row is torn, and nobody's words stand under another name.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../../support/deadline.js';
import { dice, type Dice } from '../../support/seeds.js';
import { ip } from '../lab.js';
import { textOf } from './claims.js';
import { Person, type Said } from './person.js';
import type { Size } from './terminal.js';

const wide: Size = { columns: 80, rows: 24 };
const narrow: Size = { columns: 50, rows: 20 };
const sizes: readonly Size[] = [wide, narrow, { columns: 100, rows: 30 }, { columns: 64, rows: 12 }];
const floodMessages = 3_000;
const minuteMs = 60_000;

/** Plays the scene, and tells the figures. */
export async function playDay(context: TestContext, minutes: number, seed: number): Promise<void> {
  const scene = new Scene(context, dice(seed));
  await scene.play(minutes * minuteMs);
}

class Scene {
  readonly #context: TestContext;
  readonly #throwDice: Dice;
  /** Every text, by its number. */
  readonly #ledger: Said[] = [];
  /** The texts that were sent, in order. */
  readonly #sent: Said[] = [];
  readonly #people: readonly Person[];
  readonly #alice: Person;
  readonly #bob: Person;
  readonly #carol: Person;
  readonly #tags = new Map<string, string>();
  readonly #ids = new Map<string, string>();
  /** The open talk of each person. */
  readonly #talks = new Map<Person, Person>();
  #carolIsNew = false;

  constructor(context: TestContext, throwDice: Dice) {
    this.#context = context;
    this.#throwDice = throwDice;
    const spaces = openNetwork(context, 3);
    const person = (at: number, label: string, size: Size): Person => {
      const known = {
        text: (author: string, number: number) => this.#said(author, number)?.text,
        isLabel: (shown: string, author: string) => this.#isLabel(shown, author),
        mayShow: (author: string, number: number) => {
          const said = this.#said(author, number);
          return author.startsWith(label.toLowerCase()) || (said?.to === label && !said.isUnwelcome);
        },
      };
      const scene = { throwDice, ledger: this.#ledger, sent: this.#sent, known };
      return new Person(context, { label, space: spaces[at] ?? '', size }, scene);
    };
    this.#alice = person(0, 'Alice', wide);
    this.#bob = person(1, 'Bob', narrow);
    this.#carol = person(2, 'Carol', wide);
    this.#people = [this.#alice, this.#bob, this.#carol];
  }

  async play(lengthMs: number): Promise<void> {
    const beganMs = performance.now();
    const [alice, bob, carol] = [this.#alice, this.#bob, this.#carol];
    await Promise.all(this.#people.map((person) => person.come()));
    for (const person of this.#people) await this.#learn(person);
    // Everybody writes to everybody, so that all are contacts.
    for (const person of this.#people)
      for (const other of this.#people.filter((each) => each !== person)) {
        await this.#chat(person, other);
        await this.#say(person, other);
      }
    await Promise.all([this.#chat(alice, bob), this.#chat(bob, alice), this.#chat(carol, alice)]);
    await this.#rounds(beganMs + lengthMs * 0.3);
    await this.#flood();
    await this.#rounds(beganMs + lengthMs * 0.6);
    await this.#changeKey();
    await this.#rounds(beganMs + lengthMs);
    await this.#end(performance.now() - beganMs);
  }

  async #rounds(untilMs: number): Promise<void> {
    do {
      await Promise.all(this.#people.map((person) => this.#act(person)));
      for (const person of this.#people) person.judge();
      this.#assertFaultless();
    } while (performance.now() < untilMs);
  }

  /** One of the things that people do. */
  async #act(person: Person): Promise<void> {
    const other = this.#talks.get(person);
    if (other === undefined) return;
    const choice = this.#throwDice(10);
    switch (choice) {
      case 0:
      case 1:
      case 2:
        for (let more = this.#throwDice(4); more >= 0; more -= 1) await this.#say(person, other);
        return;
      case 3:
        return person.begin(other.label, this.#isUnwelcome(person, other));
      case 4:
      case 5:
        await person.begin(other.label, this.#isUnwelcome(person, other));
        person.terminal.resize(sizes[this.#throwDice(sizes.length)] ?? wide);
        return;
      case 6:
        await person.begin(other.label, this.#isUnwelcome(person, other));
        return person.pauseInShell();
      case 7: {
        const next = this.#people.filter((each) => each !== person && each !== other)[0];
        if (next !== undefined && !this.#isUnwelcome(next, person)) await this.#chat(person, next);
        return this.#say(person, this.#talks.get(person) ?? other);
      }
      case 8:
        await person.begin(other.label, this.#isUnwelcome(person, other));
        await person.leave('signal');
        return person.come();
      default:
        await person.leave('exit');
        // Others write to the absent.
        await pause(this.#throwDice(12_000));
        return person.come();
    }
  }

  #say(person: Person, other: Person): Promise<void> {
    return person.say(other.label, this.#isUnwelcome(person, other));
  }

  async #chat(person: Person, other: Person): Promise<void> {
    const isShared = other.label === 'Carol' && this.#carolIsNew;
    const word = isShared ? `Carol#${this.#tags.get(other.author) ?? ''}` : other.label;
    await person.command(`/chat ${word}`, new RegExp(`^talking with ${other.label}`));
    this.#talks.set(person, other);
  }

  /** 3,000 messages come while their reader types. */
  async #flood(): Promise<void> {
    const [alice, bob] = [this.#alice, this.#bob];
    await this.#chat(bob, alice);
    const flood = Array.from({ length: floodMessages }, (_, at) => {
      const number = this.#ledger.length;
      const text = textOf('alice', number, ['flood', String(at)]);
      const said = { author: 'alice', number, to: 'Bob', text, isUnwelcome: false };
      this.#ledger.push(said);
      this.#sent.push(said);
      return text;
    });
    const beganMs = performance.now();
    const over = new AbortController();
    const sending = alice.lines(['send', 'Bob', '--timeout', '600'], `${flood.join('\n')}\n`);
    const typing = (async () => {
      for (let turn = 0; !over.signal.aborted; turn += 1) {
        await this.#say(bob, alice);
        bob.terminal.resize(turn % 2 === 0 ? wide : narrow);
        if (turn % 3 === 1) await bob.pauseInShell();
      }
    })();
    await sending;
    const last = flood.at(-1) ?? '';
    await bob.terminal.until((screen) => screen.written().join(' ').includes(last.slice(-12)), 'the flood');
    over.abort();
    await typing;
    const tookS = (performance.now() - beganMs) / 1_000;
    this.#context.diagnostic(`${floodMessages} messages while Bob typed: ${tookS.toFixed(1)} s`);
  }

  /** Carol comes back with another key: Alice accepts it, Bob rejects it. */
  async #changeKey(): Promise<void> {
    const [alice, bob, carol] = [this.#alice, this.#bob, this.#carol];
    for (const person of [alice, bob]) {
      await this.#chat(person, person === alice ? bob : alice);
      this.#talks.set(carol, alice);
    }
    await carol.leave('exit');
    await carol.renew();
    await carol.come();
    await this.#learn(carol);
    this.#carolIsNew = true;
    const tag = this.#tags.get(carol.author) ?? '';
    const warned = /^Carol is here with another key/;
    for (const person of [alice, bob])
      await person.terminal.until(
        (screen) => screen.written().some((line) => warned.test(line)),
        'the warning of a changed key',
      );
    await alice.command(`/accept Carol#${tag} yes`, /is accepted$/);
    await bob.command(`/reject Carol#${tag}`, /is rejected/);
    await this.#chat(carol, alice);
    await this.#say(carol, alice);
    await this.#chat(carol, bob);
    await this.#say(carol, bob);
    await this.#chat(carol, alice);
    for (const person of [alice, bob]) {
      const warnings = person.terminal.screen.written().filter((line) => warned.test(line));
      assert.equal(warnings.length, 1, 'one warning of a changed key');
    }
  }

  async #end(tookMs: number): Promise<void> {
    for (const person of this.#people) await person.finish();
    const expected = this.#sent.filter(({ isUnwelcome }) => !isUnwelcome);
    for (const person of this.#people) {
      const mine = (said: Said): boolean => said.to === person.label && this.#reaches(said, person);
      const wanted = expected.filter(mine);
      const texts = async (): Promise<readonly string[]> => {
        const lines = await person.lines(['history', '--limit', '100000']);
        const received = lines.filter(({ direction }) => direction === 'in');
        for (const { text, peerId } of received) {
          const author = /^\[(\w+):/.exec(String(text))?.[1] ?? '';
          assert.equal(
            peerId,
            this.#ids.get(author),
            `${person.label} has under the right name: ${String(text)}`,
          );
        }
        return received.map(({ text }) => String(text));
      };
      await eventually(async () => (await texts()).length >= wanted.length, 6_000, `${person.label} has all`);
      const has = await texts();
      const authors = new Set(wanted.map(({ author }) => author));
      for (const author of authors) {
        const [received, sent] = [
          of(author, has),
          of(
            author,
            wanted.map(({ text }) => text),
          ),
        ];
        const at = sent.findIndex((text, place) => received[place] !== text);
        assert.equal(received[at], sent[at], `${person.label} has each text of ${author} once and in order`);
      }
      assert.equal(has.length, wanted.length, `${person.label} has nothing else`);
    }
    for (const person of this.#people) await person.leave('exit');
    for (const person of this.#people) person.judge();
    this.#assertFaultless();
    const looks = this.#people.reduce((sum, { checks }) => sum + checks, 0);
    const minutes = (tookMs / minuteMs).toFixed(1);
    this.#context.diagnostic(`${minutes} minutes, ${this.#sent.length} messages, ${looks} looks, no fault`);
    for (const person of this.#people) this.#context.diagnostic(`${person.label}: ${remarksOf(person)}`);
  }

  /** Texts to a home that was given up stay where they are. */
  #reaches(said: Said, person: Person): boolean {
    return (
      person !== this.#carol ||
      said.author === person.author ||
      !this.#carolIsNew ||
      said.number >= this.#renewedAt
    );
  }

  #renewedAt = Number.POSITIVE_INFINITY;

  #assertFaultless(): void {
    const faults = this.#people.flatMap(({ label, faults: own }) => own.map((fault) => `${label}: ${fault}`));
    if (faults.length === 0) return;
    for (const { label, terminal } of this.#people)
      process.stdout.write(`── ${label} ──\n${terminal.screen.written().slice(-40).join('\n')}\n`);
    assert.deepEqual([...new Set(faults)].slice(0, 12), []);
  }

  #isUnwelcome(author: Person, reader: Person): boolean {
    return this.#carolIsNew && author === this.#carol && reader === this.#bob;
  }

  #said(author: string, number: number): Said | undefined {
    const said = this.#ledger[number];
    return said?.author === author ? said : undefined;
  }

  #isLabel(label: string, author: string): boolean {
    const tag = this.#tags.get(author) ?? '?';
    if (author === 'carol') return label === 'Carol' || label.startsWith(`Carol#${tag.slice(0, 4)}`);
    if (author === 'carol2') return label.startsWith(`Carol#${tag.slice(0, 4)}`);
    return label.toLowerCase() === author;
  }

  async #learn(person: Person): Promise<void> {
    const [self] = await person.lines(['id']);
    this.#tags.set(person.author, String(self?.['tag']));
    this.#ids.set(person.author, String(self?.['id']));
    if (person.author === 'carol2') this.#renewedAt = this.#ledger.length;
  }
}

/** The different remarks that a person read, without names and numbers. */
function remarksOf(person: Person): string {
  const remarks = person.terminal.screen
    .written()
    .filter((line) => !/^\d\d:\d\d |^ {4}|^shell\$/.test(line))
    .map((line) => line.replace(/#\w+/g, '#').replace(/\d+/g, 'N'));
  return [...new Set(remarks)].join(' | ');
}

/** Returns the texts of an author. */
const of = (author: string, all: readonly string[]): readonly string[] =>
  all.filter((text) => text.startsWith(`[${author}:`));

/** Opens hosts on one network; they are gone when the test ends. */
function openNetwork(context: TestContext, count: number): readonly string[] {
  const prefix = `pd${process.pid}`;
  const hosts = Array.from({ length: count }, (_, at) => `${prefix}h${at}`);
  const middle = `${prefix}m`;
  context.after(() => {
    for (const name of [...hosts, middle]) spawnSync('ip', ['netns', 'delete', name]);
  });
  ip('netns', 'add', middle);
  ip('-n', middle, 'link', 'add', 'bridge0', 'type', 'bridge');
  ip('-n', middle, 'link', 'set', 'bridge0', 'up');
  for (const [at, host] of hosts.entries()) {
    ip('netns', 'add', host);
    ip('-n', middle, 'link', 'add', `leg${at}`, 'type', 'veth', 'peer', 'name', 'net0', 'netns', host);
    ip('-n', middle, 'link', 'set', `leg${at}`, 'master', 'bridge0', 'up');
    for (const name of ['lo', 'net0']) ip('-n', host, 'link', 'set', name, 'up');
    ip('-n', host, 'addr', 'add', `10.98.0.${at + 1}/24`, 'brd', '+', 'dev', 'net0');
  }
  return hosts;
}
