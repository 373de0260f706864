/** `parlance history`: prints or exports the transcript, oldest first. */
import { catalogue } from '../../text/catalogue.js';
import { ok } from 'neverthrow';
import * as v from 'valibot';
import {
  escapeForTerminal,
  type HistoryOptions,
  type MessageEvent,
  type NodeHandle,
} from '../../../index.js';
import { cli } from '../limits.js';
import { exportTo, type Page } from './export.js';
import { exportFormatOf } from './export-format.js';
import { Naming } from '../screen/naming.js';
import type { Output } from '../screen/output.js';
import { ProgressRow } from '../screen/progress-row.js';
import { clock, messageLine } from '../screen/present.js';
import { usage, withHome, type RunContext } from '../run.js';
import { readSearch } from '../options/filters.js';
import { parseTime } from '../options/time.js';
import type { ExitCode } from '../screen/wording.js';

/** Arguments of `history`. */
export interface HistoryCommandOptions {
  readonly peer: string | null;
  readonly search: string | null;
  /** Whether edited messages come with their earlier texts. */
  readonly hasEarlier?: boolean;
  readonly since: string | null;
  readonly until: string | null;
  /** Number of messages, of which the newest are kept; `null`: all. */
  readonly limit: number | null;
  readonly exportFile: string | null;
  /** Whether an export may replace a file. */
  readonly isForced: boolean;
  /** Whether a CSV export begins with a byte order mark. */
  readonly hasBom: boolean;
}

/** Prints messages of the history, oldest first. */
export async function history(context: RunContext, options: HistoryCommandOptions): Promise<ExitCode> {
  const { output, world } = context;
  const nowMs = world.nowMs();
  const since = options.since === null ? ok(undefined) : parseTime(options.since, nowMs, 'start');
  const until = options.until === null ? ok(undefined) : parseTime(options.until, nowMs, 'end');
  if (since.isErr()) return output.failure(usage('history', since.error));
  if (until.isErr()) return output.failure(usage('history', until.error));
  const searched = readSearch(options.search ?? '', nowMs);
  if (searched.isErr()) return output.failure(usage('history', searched.error));
  const file = options.exportFile;
  const format = file === null ? null : exportFormatOf(file);
  if (file !== null && format === null) {
    return output.failure(usage('history', catalogue().commands.exportEnding(file)));
  }
  if (options.hasBom && format !== 'csv')
    return output.failure(usage('history', catalogue().commands.bomIsForCsv));
  const query: HistoryOptions = {
    ...searched.value,
    ...(options.peer === null ? {} : { peer: options.peer }),
    ...(options.hasEarlier === true ? { hasEarlier: true } : {}),
    ...(since.value === undefined ? {} : { sinceMs: since.value }),
    ...(until.value === undefined ? {} : { untilMs: until.value }),
  };
  return withHome(context, async ({ node }) => {
    const pages = pagesOf(node, query, options.limit);
    if (file !== null && format !== null) {
      const rows = (await node.peers()).unwrapOr([]);
      const addresses = new Map(rows.map((row) => [row.id, row.address]));
      const progress = new ProgressRow(context.world, output, 'exporting');
      const newestSeq = (await node.history({ limit: 1 })).unwrapOr([])[0]?.seq ?? 0;
      const written = await exportTo(file, format, pages, {
        stopped: context.stopped,
        onPage: (seq) => progress.showWork(seq, Math.max(seq, newestSeq), catalogue().commands.messagesRead),
        isForced: options.isForced,
        hasBom: options.hasBom,
        addressOf: (peerId) => addresses.get(peerId) ?? '',
      });
      progress.end();
      if (written.isErr()) return output.failure(written.error);
      await output.result(
        { type: 'export', file, messages: written.value },
        catalogue().commands.exported(written.value, file),
      );
      return 0;
    }
    const texts = new Map<string, string>();
    const naming = new Naming((await node.peers()).unwrapOr([]));
    for await (const page of pages) {
      if (page.isErr()) return output.failure(page.error);
      for (const { id, text } of page.value) texts.set(id, text);
      await output.results(
        page.value,
        page.value.map((message) => linesOf(message, output.colors, naming, texts)),
      );
      if (context.stopped.aborted) return 0;
    }
    if (options.search !== null) await tellUnindexed(node, output);
    return 0;
  });
}

/** Returns a message as one line, and its earlier texts below it. */
function linesOf(
  message: MessageEvent,
  colors: Output['colors'],
  naming: Naming,
  texts: ReadonlyMap<string, string>,
): string {
  const line = messageLine(message, colors, naming, (id) => (id === undefined ? undefined : texts.get(id)));
  const earlier = (message.revisions ?? []).map(
    ({ text, at }) => `\n    ${colors.dim(`${clock(at)} before: ${escapeForTerminal(text)}`)}`,
  );
  return line + earlier.join('');
}

/** Tells of messages that no search finds yet: they were stored a short time ago. */
async function tellUnindexed(node: NodeHandle, output: Output): Promise<void> {
  const stats = v.safeParse(indexFigures, (await node.stats()).unwrapOr({}));
  const unindexed = stats.success ? stats.output.history.unindexed : 0;
  if (unindexed === 0) return;
  if (output.isJson) await output.result({ type: 'search', unindexed }, null);
  else output.note(catalogue().commands.notIndexed(unindexed));
}

const indexFigures = v.object({ history: v.object({ unindexed: v.number() }) });

/** Reads the pages of the transcript, oldest first. With a limit it reads backwards first. */
async function* pagesOf(
  node: NodeHandle,
  query: HistoryOptions,
  limit: number | null,
): AsyncGenerator<Page, void, undefined> {
  if (limit !== null) {
    yield* newest(node, query, limit);
    return;
  }
  let afterSeq = 0;
  for (;;) {
    const page = await node.history({ ...query, afterSeq, limit: cli.historyPageLines });
    yield page;
    const last = page.unwrapOr([]).at(-1);
    if (last === undefined) return;
    afterSeq = last.seq;
  }
}

async function* newest(
  node: NodeHandle,
  query: HistoryOptions,
  limit: number,
): AsyncGenerator<Page, void, undefined> {
  const pages: (readonly MessageEvent[])[] = [];
  let left = limit;
  let beforeSeq: number | undefined;
  while (left > 0) {
    const wanted = Math.min(left, cli.historyPageLines);
    const page = await node.history({
      ...query,
      limit: wanted,
      ...(beforeSeq === undefined ? {} : { beforeSeq }),
    });
    if (page.isErr()) {
      yield page;
      return;
    }
    pages.unshift(page.value);
    left -= page.value.length;
    beforeSeq = page.value[0]?.seq;
    if (page.value.length === 0) break;
  }
  for (const page of pages) yield ok(page);
}
