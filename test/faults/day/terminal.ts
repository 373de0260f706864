/** A shell on a terminal of its own, on a host of its own, and the screen that its user sees. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { eventually } from '../../support/deadline.js';
import { temporaryHome } from '../../support/program.js';
import { ScreenModel } from '../../support/screen-model.js';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** A terminal is quiet when nothing was written for this long. */
const quietMs = 60;
const waitMs = 6_000;

type Report = { readonly text: string } | { readonly size: readonly [number, number] };

const fixture = join(import.meta.dirname, '..', '..', '..', '..', 'test', 'faults', 'terminal.py');

/** Writes what a shell reads at its start. Returns its path. */
function startFile(context: TestContext): string {
  const file = join(temporaryHome(context), 'start');
  writeFileSync(file, "PS1='shell$ '\n");
  return file;
}

export class Terminal {
  readonly #child;
  readonly #name: string;
  readonly #model: ScreenModel;
  #size: Size;
  #fault: unknown = null;
  #writtenMs = 0;
  /** Number of writes so far. */
  writes = 0;
  #quiet: NodeJS.Timeout | null = null;
  /** Called when the terminal is quiet. */
  onQuiet: () => void = () => undefined;

  constructor(
    context: TestContext,
    name: string,
    space: string,
    size: Size,
    env: Readonly<Record<string, string>>,
  ) {
    this.#name = name;
    this.#size = size;
    this.#model = new ScreenModel(size.columns, size.rows);
    const shell = ['bash', '--rcfile', startFile(context), '--noprofile', '--noediting', '-i'];
    const relay = ['python3', fixture, String(size.columns), String(size.rows), ...shell];
    this.#child = spawn('ip', ['netns', 'exec', space, ...relay], {
      env: { ...process.env, ...env, TERM: 'xterm-256color', NO_COLOR: '1' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    context.after(() => void this.#child.kill('SIGKILL'));
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#read(line));
  }

  get size(): Size {
    return this.#size;
  }

  get screen(): ScreenModel {
    if (this.#fault !== null) throw this.#fault;
    return this.#model;
  }

  type(keys: string): void {
    this.#order({ keys });
  }

  resize({ columns, rows }: Size): void {
    this.#order({ size: [columns, rows] });
  }

  /** Waits until `is` holds for the screen, and the terminal is quiet. */
  async until(is: (screen: ScreenModel) => boolean, what: string): Promise<void> {
    try {
      await eventually(() => this.isQuiet && is(this.screen), waitMs, `${this.#name}: ${what}`);
    } catch (cause) {
      throw new Error(`${String(cause)}\n${this.#model.lines().join('\n')}`, { cause });
    }
  }

  get isQuiet(): boolean {
    return performance.now() - this.#writtenMs > quietMs;
  }

  #order(order: object): void {
    this.#child.stdin.write(`${JSON.stringify(order)}\n`);
  }

  #read(line: string): void {
    const report = JSON.parse(line) as Report;
    this.#writtenMs = performance.now();
    this.writes += 1;
    if ('size' in report) {
      const [columns, rows] = report.size;
      this.#size = { columns, rows };
      this.#model.resize(columns, rows);
    } else
      try {
        this.#model.write(report.text);
      } catch (cause) {
        this.#fault ??= cause;
      }
    if (this.#quiet !== null) clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => this.onQuiet(), quietMs);
  }
}
