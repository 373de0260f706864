/** The people of the README, and the shell of its reader, in which the packed program is installed. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { TestContext } from 'node:test';
import { eventually } from '../../support/deadline.js';
import { installPacked, linkPrograms } from '../../support/packed.js';
import { runProgram, type Fields, type SpawnedProgram } from '../../support/program.js';

/** A command of the README, in the order in which a user would paste it. */
export interface Pasted {
  readonly command: string;
  /** Why it is not run here. */
  readonly skip?: string;
  /** Replacements of words that are only examples. */
  readonly replaced?: Readonly<Record<string, () => string | Promise<string>>>;
  /** Runs before the command. */
  readonly before?: () => Promise<void>;
  readonly input?: string;
  /** Output after which others do something. */
  readonly ready?: RegExp;
  /** Work of others once the command runs. */
  readonly meanwhile?: () => Promise<void>;
  /** Output of the command. Ctrl-C then ends a command that goes on. */
  readonly says: RegExp;
  readonly goesOn?: boolean;
  /** Whether one that goes on runs beside all others. */
  readonly isKept?: boolean;
  readonly exit?: number;
  readonly after?: () => Promise<void>;
}

const commandMs = 40_000;
const patience = 2;

/** The people of the README and the shell of its reader. */
export class Desk {
  readonly folder = mkdtempSync(join(tmpdir(), 'parlance-readme-'));
  readonly home = join(this.folder, 'me', '.local', 'share', 'parlance');
  readonly #context: TestContext;
  readonly #env: Record<string, string>;
  readonly #people = new Map<string, SpawnedProgram>();
  readonly #tags = new Map<string, string>();

  constructor(context: TestContext, beaconPort: number) {
    this.#context = context;
    context.after(() => rmSync(this.folder, { recursive: true, force: true }));
    const [work, clip] = [join(this.folder, 'work'), join(this.folder, 'clip')];
    for (const made of [work, join(work, 'photos'), join(this.folder, 'me')]) mkdirSync(made);
    writeFileSync(join(work, 'report.pdf'), 'a report');
    writeFileSync(join(work, 'photos', 'one.jpg'), 'a photo');
    writeFileSync(clip, 'from the clipboard');
    const programs = linkPrograms(installPacked(this.folder), this.folder);
    const script = `#!/bin/sh\ncase "$*" in *-in) cat > ${clip};; *) cat ${clip};; esac\n`;
    writeFileSync(join(programs, 'xclip'), script, { mode: 0o755 });
    writeFileSync(join(programs, 'saved'), `#!/bin/sh\ncat > ${this.folder}/saved.json\n`, { mode: 0o755 });
    this.#env = {
      PATH: `${programs}${delimiter}${process.env['PATH'] ?? ''}`,
      DISPLAY: ':0',
      WAYLAND_DISPLAY: '',
      HOME: join(this.folder, 'me'),
      XDG_DATA_HOME: '',
      XDG_DOWNLOAD_DIR: join(this.folder, 'downloads'),
      NO_COLOR: '1',
      LC_ALL: 'C.UTF-8',
      PARLANCE_BIND: '127.0.0.1',
      PARLANCE_PORT: '0',
      PARLANCE_BROADCAST: '127.255.255.255',
      PARLANCE_BEACON_PORT: String(beaconPort),
      PARLANCE_BEACON_INTERVAL: '1',
    };
  }

  /** Starts the node of somebody. */
  async arrives(name: string): Promise<void> {
    const args = ['serve', '--json', '--name', name, '--home', join(this.folder, name)];
    const program = runProgram(this.#context, args, this.#env);
    await program.until(({ type }) => type === 'ready', commandMs);
    this.#people.set(name, program);
    const { tag } = JSON.parse(await this.as(name, 'id', '--json')) as { readonly tag: string };
    this.#tags.set(name, tag);
  }

  person(name: string): SpawnedProgram {
    const found = this.#people.get(name);
    assert.ok(found !== undefined, name);
    return found;
  }

  /** Runs a command in the home of somebody, and returns its stdout. */
  async as(name: string, ...args: readonly string[]): Promise<string> {
    const program = runProgram(this.#context, [...args, '--home', join(this.folder, name)], this.#env);
    program.end();
    assert.equal(await program.exit(commandMs), 0, `${args.join(' ')}: ${program.stderr()}`);
    return program.lines().join('\n');
  }

  /** Runs a command in the home of the reader, and returns what it prints. */
  async mine(...args: readonly string[]): Promise<string> {
    const program = runProgram(this.#context, args, this.#env);
    program.end();
    await program.exit(commandMs);
    return `${program.lines().join('\n')}\n${program.stderr()}`;
  }

  /** Sends a message, or what the arguments say, from somebody to the reader. */
  async says(name: string, ...words: readonly string[]): Promise<void> {
    await this.as(name, 'send', 'Alice B.', ...words);
  }

  /** Does something again and again until a file is there. */
  async untilWritten(file: string, again: () => Promise<void>): Promise<void> {
    const isThere = (): boolean => existsSync(join(this.folder, file));
    await eventually(
      async () => {
        if (!isThere()) await again();
        return isThere();
      },
      commandMs,
      file,
    );
  }

  /** Waits until somebody has received a text. */
  hears(name: string, text: string): () => Promise<void> {
    return async () =>
      void (await this.person(name).until((line) => line['text'] === text && line['direction'] === 'in'));
  }

  /** Waits until the reader sees somebody. */
  async untilHere(name: string): Promise<void> {
    await eventually(async () => (await this.mine('peers')).includes(name), commandMs, `${name} is here`);
  }

  /** Name and tag of somebody. */
  tagged(name: string): string {
    return `${name}#${this.#tags.get(name) ?? '?'}`;
  }

  /** Id of the offer that waits for an answer of the reader. */
  async offered(): Promise<string> {
    let id: string | undefined;
    await eventually(
      async () => {
        const lines = (await this.mine('files', '--json')).split('\n').filter((line) => line.startsWith('{'));
        const asked = lines.map((line) => JSON.parse(line) as Fields).find(({ state }) => state === 'asked');
        id = typeof asked?.['id'] === 'string' ? asked['id'] : undefined;
        return id !== undefined;
      },
      commandMs,
      'an offer',
    );
    return id ?? '?';
  }

  /** Pastes a line into a shell. */
  async paste(pasted: Pasted): Promise<void> {
    await pasted.before?.();
    let line = pasted.command;
    if (line.startsWith('curl ')) line = `cd ${this.home} && ${line}`;
    for (const [word, standsFor] of Object.entries(pasted.replaced ?? {})) {
      const there = await standsFor();
      line = line.replace(word, () => there);
    }
    // In a group of its own, which Ctrl-C reaches as a whole.
    const shell = spawn('bash', ['-c', line], {
      cwd: join(this.folder, 'work'),
      env: this.#env,
      stdio: 'pipe',
      detached: true,
    });
    const ended = new Promise<number | null>((resolve) => shell.once('close', (code) => resolve(code)));
    const signalGroup = (signal: NodeJS.Signals): void => {
      if (shell.pid !== undefined && shell.exitCode === null) process.kill(-shell.pid, signal);
    };
    this.#context.after(() => {
      if (shell.exitCode === null && shell.signalCode === null) signalGroup('SIGKILL');
    });
    let text = '';
    for (const stream of [shell.stdout, shell.stderr])
      stream.setEncoding('utf8').on('data', (more: string) => (text += more));
    shell.stdin.on('error', () => undefined);
    if (pasted.goesOn !== true || pasted.input !== undefined) shell.stdin.end(pasted.input ?? '');
    const { ready } = pasted;
    if (ready !== undefined) await eventually(() => ready.test(text), commandMs, `${line}: ${String(ready)}`);
    await pasted.meanwhile?.();
    if (pasted.goesOn === true) {
      await eventually(() => pasted.says.test(text), commandMs, `${line}: ${String(pasted.says)}`);
      if (pasted.isKept !== true) {
        signalGroup('SIGINT');
        await ended;
      }
    } else {
      const late = setTimeout(() => signalGroup('SIGKILL'), commandMs * patience);
      const code = await ended;
      clearTimeout(late);
      assert.equal(code, pasted.exit ?? 0, `${line}\n${text}`);
      assert.match(text, pasted.says, line);
    }
    await pasted.after?.();
  }
}
