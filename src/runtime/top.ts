/** The tree of a running system as a table for a terminal: what each actor has to do, does and costs. Pure. */
import type { SystemStats } from './tree/stats.js';
import type { ActorNode, SupervisorNode, TreeNode } from './tree/spec.js';

/** The place that a table may take. */
export interface TopSize {
  readonly columns: number;
  /** Lines of the whole table; the last one counts the rows that do not fit. */
  readonly rows: number;
}

interface Row {
  /** Branches of the tree before the name. */
  readonly lead: string;
  readonly node: TreeNode;
}

interface Column {
  readonly title: string;
  readonly chars: number;
  /** Of two columns that do not fit, the one of the higher number goes first. */
  readonly rank: number;
  readonly cell: (actor: ActorNode) => string;
}

const nameCharsMin = 22;
/** At 50 columns the figures up to the restarts fit beside the names. */
const nameShare = 0.48;
const threadCharsMax = 14;

const columnsOfTop: readonly Column[] = [
  { title: 'QUEUE', chars: 6, rank: 1, cell: ({ stats }) => short(stats?.mailboxDepth) },
  { title: 'MSG/S', chars: 6, rank: 2, cell: ({ stats }) => short(stats?.handledPerSecond) },
  { title: 'BUSY', chars: 5, rank: 3, cell: ({ stats }) => percent(stats?.busyShare) },
  { title: 'RESTARTS', chars: 9, rank: 4, cell: ({ restarts }) => short(restarts) },
  { title: 'P99 MS', chars: 7, rank: 5, cell: ({ stats }) => milliseconds(stats?.latencyMs.p99) },
  { title: 'THREAD', chars: 1 + threadCharsMax, rank: 6, cell: ({ stats }) => threadName(stats?.thread) },
];

/** The lines of the table, none wider than `columns`. */
export function topLines(
  root: SupervisorNode,
  threads: SystemStats['threads'],
  size: TopSize,
): readonly string[] {
  const rows = rowsOf(root);
  const nameChars = Math.max(nameCharsMin, Math.min(longest(rows), Math.floor(size.columns * nameShare)));
  const shown = fitting(size.columns - nameChars);
  const title = `${'ACTOR'.padEnd(nameChars)}${shown.map(({ title, chars }) => title.padStart(chars)).join('')}`;
  const lines = rows.map(({ lead, node }) => lineOf(`${lead}${labelOf(node)}`, node, nameChars, shown));
  const room = Math.max(1, size.rows - 2);
  const kept =
    lines.length <= room ? lines : [...lines.slice(0, room - 1), `… ${lines.length - room + 1} more`];
  return [summary(rows, threads), title, ...kept].map((line) => cut(line.trimEnd(), size.columns));
}

function summary(rows: readonly Row[], threads: SystemStats['threads']): string {
  const actors = rows.filter(({ node }) => node.type === 'actor').length;
  const heapMb = threads.reduce((sum, { heapUsedBytes }) => sum + heapUsedBytes, 0) / 2 ** 20;
  return `${counted(actors, 'actor')}, ${counted(threads.length, 'thread')}, ${heapMb.toFixed(0)} MiB of heap`;
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

function rowsOf(root: SupervisorNode): readonly Row[] {
  const rows: Row[] = [{ lead: '', node: root }];
  const below = (node: TreeNode, lead: string): void =>
    node.children.forEach((child, at) => {
      const isLast = at === node.children.length - 1;
      rows.push({ lead: `${lead}${isLast ? '└ ' : '├ '}`, node: child });
      below(child, `${lead}${isLast ? '  ' : '│ '}`);
    });
  below(root, '');
  return rows;
}

const longest = (rows: readonly Row[]): number =>
  rows.reduce((most, { lead, node }) => Math.max(most, lead.length + labelOf(node).length + 1), 0);

/** Returns the columns that fit, in their own order. The least important ones are left out. */
function fitting(chars: number): readonly Column[] {
  let left = chars;
  const taken = columnsOfTop
    .toSorted((a, b) => a.rank - b.rank)
    .filter((column) => {
      if (column.chars > left) {
        left = 0;
        return false;
      }
      left -= column.chars;
      return true;
    });
  return columnsOfTop.filter((column) => taken.includes(column));
}

function lineOf(label: string, node: TreeNode, nameChars: number, shown: readonly Column[]): string {
  const name = cut(label, nameChars - 1).padEnd(nameChars);
  if (node.type === 'supervisor') return `${name}${node.status === 'running' ? '' : ` ${node.status}`}`;
  if (!node.isUp) return `${name} down`;
  return `${name}${shown.map((column) => column.cell(node).padStart(column.chars)).join('')}`;
}

const labelOf = (node: TreeNode): string => (node.type === 'actor' ? node.id : `${node.id} ▸`);

const cut = (text: string, chars: number): string =>
  text.length <= chars ? text : `${text.slice(0, Math.max(0, chars - 1))}…`;

const unknown = '-';

function short(value: number | undefined): string {
  if (value === undefined) return unknown;
  if (value < 9_999.5) return value.toFixed(0);
  return value < 999_500 ? `${(value / 1_000).toFixed(0)}k` : `${(value / 1_000_000).toFixed(1)}M`;
}

const percent = (share: number | undefined): string =>
  share === undefined ? unknown : `${(share * 100).toFixed(0)}%`;

function milliseconds(ms: number | undefined): string {
  if (ms === undefined) return unknown;
  if (ms < 10) return ms.toFixed(2);
  return ms < 99_999.5 ? ms.toFixed(0) : '>99s';
}

const threadName = (name: string | undefined): string =>
  name === undefined ? unknown : cut(name.replace(/^actor /u, ''), threadCharsMax);
