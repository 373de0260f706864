/** `parlance doctor [PEER]`: finds out why peers are not found, and prints cause and remedy of each finding. */
import { catalogue } from '../../text/catalogue.js';
import { err, ok, type Result } from 'neverthrow';
import { escapeForTerminal, type NodeError } from '../../../index.js';
import { isEnding } from '../../api/faults.js';
import type { DoctorWords, Finding } from '../../api/doctor.js';
import { homeOf } from '../../../home/default-home.js';
import { attach, chosenFor, settingsFor, type Attachment } from '../attach.js';
import { cli } from '../limits.js';
import { nodeOptions } from '../options/settings.js';
import type { CliError } from '../errors.js';
import { unlessStopped, type RunContext } from '../run.js';
import { wrap } from '../prompt/layout.js';
import { ProgressRow } from '../screen/progress-row.js';
import type { ExitCode } from '../screen/wording.js';

/** Arguments of `doctor`. */
export interface DoctorOptions {
  /** The peer to examine the way to; null: this machine and its network alone. */
  readonly peer: string | null;
  /** Time to wait for announcements, ms; null: the default. */
  readonly timeoutMs: number | null;
}

/** Prints every finding. Exit 4: one of them needs an action. */
export async function doctor(context: RunContext, options: DoctorOptions): Promise<ExitCode> {
  const { world, common, output, stopped } = context;
  const home = homeOf(common.home, world.env);
  if (home.isErr()) return output.failure(home.error);
  const running = await attachForDoctor(context, home.value, options.peer);
  if (running.isErr()) return output.failure(running.error);
  const chosen = chosenFor(world, home.value, common);
  if (chosen.isErr()) return output.failure(chosen.error);
  if (running.value === null) output.note(listening());
  const progress = new ProgressRow(world, output, catalogue().commands.listening);
  try {
    const findings = await world.diagnose({
      running: running.value === null ? null : { node: running.value.node, ageMs: running.value.ageMs() },
      options: nodeOptions(home.value, chosen.value),
      peer: options.peer,
      listenMs: options.timeoutMs ?? cli.listenMs,
      signal: stopped,
      onProgress: (doneMs, totalMs) => progress.show(doneMs, totalMs),
      words: wordsFor(context),
    });
    progress.end();
    if (stopped.aborted) return await output.failure({ code: 'command/stopped' });
    if (findings.isErr()) return await output.failure(findings.error);
    await print(context, findings.value);
    // Findings that nobody can read are a loss of output, and no result.
    return findings.value.every(({ ok: isFine }) => isFine) || !(await output.written()) ? 0 : 4;
  } finally {
    progress.end();
    await running.value?.release();
  }
}

/** Examines on behalf of the prompt, which has a node. Errors: those of the settings and of the node. */
export async function examine(
  context: RunContext,
  { node, home, ageMs }: Pick<Attachment, 'node' | 'home' | 'ageMs'>,
  peer: string | null,
): Promise<Result<readonly Finding[], NodeError>> {
  const { world, common, stopped } = context;
  const stored = settingsFor(world, home, common.node);
  return world.diagnose({
    running: { node, ageMs: ageMs() },
    options: nodeOptions(home, stored.isOk() ? stored.value.settings : {}),
    peer,
    listenMs: cli.listenMs,
    signal: stopped,
    onProgress: () => undefined,
    words: wordsFor(context),
  });
}

/** The words of findings: `--json` is English in every language. */
const wordsFor = ({ output }: Pick<RunContext, 'output'>): DoctorWords | undefined =>
  output.isJson ? undefined : catalogue().doctor();

const listening = (): string => catalogue().commands.doctorListens;

/** Attaches to the node of the home. Null: none runs, and none is needed. A question to a peer needs one and starts it. */
async function attachForDoctor(
  context: RunContext,
  home: string,
  peer: string | null,
): Promise<Result<Pick<Attachment, 'node' | 'ageMs' | 'release'> | null, CliError>> {
  const { world, common } = context;
  if (peer !== null) return unlessStopped(context, attach(world, { common }));
  const running = await world.connectNode(home);
  if (running.isErr()) return isEnding(running.error) ? ok(null) : err(running.error);
  const node = running.value;
  const attachedMs = performance.now();
  return ok({
    node,
    ageMs: () => node.ageMs + performance.now() - attachedMs,
    release: () => node.close(),
  });
}

async function print({ output, world }: RunContext, findings: readonly Finding[]): Promise<void> {
  const columns = world.stdout.isTTY === true ? (world.stdout.columns ?? cli.helpColumns) : widest;
  await output.results(
    findings.map((finding) => ({ type: 'finding', ...finding }) as const),
    [...findings.map((finding) => findingLines(finding, columns, output.colors)), '', verdictOf(findings)],
  );
}

const widest = 1_000_000;
const checkChars = 13;
/** Columns below which the words of a finding stand below its name. */
const narrowColumns = 70;

/** Returns the rows of a finding: its sign and check, the cause, and the remedy below it. */
export function findingLines(
  { check, ok: isFine, cause, remedy, command }: Finding,
  columns: number,
  colors: RunContext['output']['colors'],
): string {
  const sign = isFine ? colors.green('ok ') : colors.red('BAD');
  const isNarrow = columns < narrowColumns;
  const indent = ' '.repeat(isNarrow ? 4 : checkChars + 5);
  const rowsOf = (text: string, less: number): readonly string[] =>
    wrap(escapeForTerminal(text), columns - indent.length - less - 1);
  const [first = '', ...more] = rowsOf(cause, 0);
  const head = isNarrow
    ? [`${sign} ${check}`, `${indent}${first}`]
    : [`${sign} ${check.padEnd(checkChars)} ${first}`];
  const rows = [...head, ...more.map((row) => `${indent}${row}`)];
  if (remedy === '') return rows.join('\n');
  // A command is not wrapped, so that it can be copied; the terminal breaks it where it must.
  const words = command === '' ? rowsOf(remedy, arrow.length) : [escapeForTerminal(remedy)];
  const shown = words.map((row, at) => `${indent}${at === 0 ? arrow : ' '.repeat(arrow.length)}${row}`);
  return [...rows, ...shown].join('\n');
}

const arrow = '→ ';

/** Returns the verdict in one sentence. */
export function verdictOf(findings: readonly Finding[]): string {
  const bad = findings.filter(({ ok: isFine }) => !isFine);
  if (bad.length === 0) return catalogue().commands.allWell;
  const checks = [...new Set(bad.map(({ check }) => check))].join(', ');
  return catalogue().commands.failedChecks(bad.length, checks);
}
