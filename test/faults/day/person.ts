/** Somebody at the prompt on a host of the scene: types, leaves, comes back, and looks at the screen at all times. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { mainFile, temporaryHome, type Fields } from '../../support/program.js';
import type { ScreenModel } from '../../support/screen-model.js';
import type { Dice } from '../../support/seeds.js';
import { faultsOf, inputOf, showsTyped, textOf, type Known } from './claims.js';
import { Terminal, type Size } from './terminal.js';

/** A text that was sent, or is being sent. */
export interface Said {
  readonly author: string;
  readonly number: number;
  readonly to: string;
  readonly text: string;
  /** Whether its recipient has blocked the author. */
  readonly isUnwelcome: boolean;
}

const words =
  'lunch at noon with soup and bread über straße naïve coffee tomorrow perhaps later yes no fine'.split(' ');
/** The prompt may lag behind the keys for this long, on a busy machine. */
const lagMs = 4_000;
/** A screen that changes within this time was in the middle of a write. */
const lastingMs = 1_000;
const keyMsMax = 40;

export class Person {
  readonly label: string;
  /** The name under which this person's texts go; another one after a change of the key. */
  author: string;
  home: string;
  readonly terminal: Terminal;
  readonly faults: string[] = [];
  readonly #space: string;
  readonly #throwDice: Dice;
  readonly #ledger: Said[];
  readonly #sent: Said[];
  readonly #known: Omit<Known, 'isOwn'>;
  readonly #context: TestContext;
  #draft = '';
  #begun: Said | null = null;
  #typedMs = 0;
  #isAtPrompt = false;
  checks = 0;

  constructor(
    context: TestContext,
    { label, space, size }: { readonly label: string; readonly space: string; readonly size: Size },
    scene: {
      readonly throwDice: Dice;
      readonly ledger: Said[];
      readonly sent: Said[];
      readonly known: Omit<Known, 'isOwn'>;
    },
  ) {
    this.label = label;
    this.author = label.toLowerCase();
    this.#context = context;
    this.#space = space;
    this.#throwDice = scene.throwDice;
    this.#ledger = scene.ledger;
    this.#sent = scene.sent;
    this.#known = scene.known;
    this.home = this.#newHome();
    const programs = temporaryHome(context);
    const script = `#!/bin/sh\nexec ${process.execPath} ${mainFile} "$@"\n`;
    writeFileSync(join(programs, 'parlance'), script, { mode: 0o755 });
    const env = {
      PATH: `${programs}:${process.env['PATH'] ?? ''}`,
      PARLANCE_HOME: this.home,
      PARLANCE_BEACON_INTERVAL: '1',
      PARLANCE_LANG: 'en',
    };
    this.terminal = new Terminal(context, label, space, size, env);
    this.terminal.onQuiet = () => this.#look();
  }

  /** Returns what a command of this home prints with `--json`. */
  async lines(args: readonly string[], input = ''): Promise<readonly Fields[]> {
    const command = [process.execPath, mainFile, ...args, '--json', '--home', this.home];
    const child = spawn('ip', ['netns', 'exec', this.#space, ...command], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, PARLANCE_BEACON_INTERVAL: '1' },
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (more: string) => (text += more));
    await once(child, 'close');
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Fields);
  }

  /** Starts the prompt from the shell. */
  async come(): Promise<void> {
    this.terminal.type('parlance\r');
    await this.terminal.until(
      (screen) =>
        inputOf(screen.all()) !== null && screen.written().some((line) => line.startsWith('You are ')),
      'the prompt',
    );
    await this.#untilDraft('the draft after the start');
    this.#isAtPrompt = true;
  }

  /** Leaves by `/exit`, or by a signal, which keeps what was typed. */
  async leave(by: 'exit' | 'signal'): Promise<void> {
    if (by === 'signal') {
      const pid = await this.#suspend();
      process.kill(pid, 'SIGTERM');
      await this.#shell('fg');
      return;
    }
    await this.finish();
    this.#isAtPrompt = false;
    this.terminal.type('/exit\r');
    await this.terminal.until(isAtShell, 'the shell after /exit');
  }

  /** Another home, as on a new machine: the same name, another key. */
  async renew(): Promise<void> {
    this.home = this.#newHome();
    this.author = `${this.author}2`;
    this.#begun = null;
    this.#draft = '';
    await this.#shell(`export PARLANCE_HOME=${this.home}`);
  }

  /** Types a command of the prompt. */
  async command(line: string, shows: RegExp): Promise<void> {
    await this.finish();
    const before = countOf(this.terminal.screen, shows);
    await this.#keys(line);
    this.#draft = '';
    this.terminal.type('\r');
    await this.terminal.until((screen) => countOf(screen, shows) > before, `${line}: ${String(shows)}`);
  }

  /** Types part of a text for the person whose talk is open. */
  async begin(to: string, isUnwelcome = false): Promise<void> {
    if (this.#begun !== null) return;
    const number = this.#ledger.length;
    const chosen = Array.from(
      { length: 1 + this.#throwDice(24) },
      () => words[this.#throwDice(words.length)] ?? '',
    );
    const text = textOf(this.author, number, chosen);
    this.#begun = { author: this.author, number, to, text, isUnwelcome };
    this.#ledger.push(this.#begun);
    await this.#keys(text.slice(0, 1 + this.#throwDice(text.length - 1)));
  }

  /** Types the rest of the text and sends it. */
  async finish(): Promise<void> {
    const begun = this.#begun;
    if (begun === null) return;
    await this.#keys(begun.text.slice(this.#draft.length));
    await this.#untilDraft('the whole text');
    this.#begun = null;
    this.#sent.push(begun);
    this.#draft = '';
    this.#typedMs = performance.now();
    this.terminal.type('\r');
    const isShown = (screen: ScreenModel): boolean =>
      screen
        .written()
        .some((line) => line.includes(`[${begun.author}:${begun.number}]`) && /^\d\d:/.test(line));
    await this.terminal.until(isShown, 'the text that was sent');
  }

  async say(to: string, isUnwelcome = false): Promise<void> {
    await this.begin(to, isUnwelcome);
    await this.finish();
  }

  /** Ctrl-Z, some work in the shell, and back. */
  async pauseInShell(): Promise<void> {
    await this.#suspend();
    await this.#shell('echo work in the shell');
    await pause(this.#throwDice(1_500));
    this.terminal.type('fg\r');
    await this.#untilDraft('the draft after fg');
    this.#isAtPrompt = true;
  }

  /** Judges all that was ever written above the input line. */
  judge(): void {
    const written = this.terminal.screen.written();
    const input = this.#isAtPrompt ? inputOf(written) : null;
    this.faults.push(...faultsOf(input?.above ?? written, this.#asKnown()));
  }

  /** Whether this person wrote under that name, with the key of now or an earlier one. */
  isOwn(author: string): boolean {
    return author.startsWith(this.label.toLowerCase());
  }

  #asKnown(): Known {
    return { ...this.#known, isOwn: (author) => this.isOwn(author) };
  }

  async #suspend(): Promise<number> {
    this.#isAtPrompt = false;
    this.terminal.type('\u001a');
    await this.terminal.until(isAtShell, 'the shell after Ctrl-Z');
    this.terminal.type('jobs -p\r');
    let pid = 0;
    await this.terminal.until((screen) => {
      pid = Number(screen.written().findLast((line) => /^\d+$/.test(line)));
      return isAtShell(screen) && pid > 0 && /^\d+$/.test(screen.written().at(-2) ?? '');
    }, 'the process of the prompt');
    return pid;
  }

  /** Runs a line in the shell, and waits until that asks again. */
  async #shell(line: string): Promise<void> {
    const before = countOf(this.terminal.screen, /^shell\$/);
    this.terminal.type(`${line}\r`);
    await this.terminal.until(
      (screen) => isAtShell(screen) && countOf(screen, /^shell\$/) > before,
      `the shell after ${line}`,
    );
  }

  async #keys(text: string): Promise<void> {
    for (const key of text) {
      this.#draft += key;
      this.#typedMs = performance.now();
      this.terminal.type(key);
      await pause(this.#throwDice(keyMsMax));
    }
  }

  #untilDraft(what: string): Promise<void> {
    return this.terminal.until((screen) => {
      const input = inputOf(screen.all());
      return input !== null && showsTyped(input.text, this.#draft);
    }, what);
  }

  /** Looks at the screen once it is quiet. A busy machine may pause within a write, so a fault must last. */
  #look(): void {
    const faults = this.#visibleFaults();
    this.checks += 1;
    if (faults.length === 0) return;
    const { writes } = this.terminal;
    setTimeout(() => {
      if (this.terminal.writes === writes) this.faults.push(...this.#visibleFaults());
    }, lastingMs);
  }

  #visibleFaults(): readonly string[] {
    // Between the shell and the prompt either may be there.
    if (!this.#isAtPrompt) return [];
    const { screen } = this.terminal;
    const isJustTyped = performance.now() - this.#typedMs < lagMs;
    const input = inputOf(screen.written());
    if (input === null) return [`no input line:\n${screen.lines().join('\n')}`];
    const rows = input.above.slice(-screen.rows);
    const first = rows.findIndex((row) => !row.startsWith(' '));
    const faults = faultsOf(rows.slice(Math.max(0, first)), this.#asKnown());
    const isAsTyped = isJustTyped || showsTyped(input.text, this.#draft);
    return isAsTyped ? faults : [...faults, `typed "${this.#draft}", shown "${input.text}"`];
  }

  #newHome(): string {
    const home = join(temporaryHome(this.#context), 'home');
    mkdirSync(home, { mode: 0o700 });
    writeFileSync(join(home, 'settings.json'), JSON.stringify({ name: this.label, dialects: [] }));
    return home;
  }
}

const isAtShell = (screen: ScreenModel): boolean => screen.written().at(-1) === 'shell$';

const countOf = (screen: ScreenModel, pattern: RegExp): number =>
  screen.written().filter((line) => pattern.test(line)).length;
