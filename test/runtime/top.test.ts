import assert from 'node:assert/strict';
import { test } from 'node:test';
import { topLines, type SupervisorNode, type TreeNode } from '../../src/runtime/index.js';

const actor = (id: string, over: object = {}, children: readonly TreeNode[] = []): TreeNode => ({
  type: 'actor',
  id,
  kind: 'worker',
  isUp: true,
  restarts: 2,
  stats: {
    id,
    mailboxDepth: 12,
    linksIn: 1,
    handled: 5_000,
    handledPerSecond: 1_234,
    busyShare: 0.25,
    latencyMs: { p50: 0.1, p99: 1.5, max: 3 },
    restarts: 2,
    thread: 'actor history',
  },
  children,
  ...over,
});
const tree = (children: readonly TreeNode[]): SupervisorNode => ({
  type: 'supervisor',
  id: 'root',
  strategy: 'one-for-one',
  status: 'running',
  children,
});
const nested: SupervisorNode = { ...tree([actor('deep')]), id: 'inner', status: 'stopping' };
const threads = [
  { name: 'inline', pending: 0, heapUsedBytes: 3 * 2 ** 20, externalBytes: 0, arrayBuffersBytes: 0 },
];
const { stats: _stats, ...withoutStats } = actor('x') as Extract<TreeNode, { type: 'actor' }>;

// Runtime section 3, item 7
test('a table of 80 columns has the tree and every figure', () => {
  const root = tree([actor('history', {}, [actor('child')]), nested, { ...withoutStats, isUp: false }]);
  assert.deepEqual(topLines(root, threads, { columns: 80, rows: 24 }), [
    '4 actors, 1 thread, 3 MiB of heap',
    'ACTOR                  QUEUE MSG/S BUSY RESTARTS P99 MS         THREAD',
    'root ▸',
    '├ history                 12  1234  25%        2   1.50        history',
    '│ └ child                 12  1234  25%        2   1.50        history',
    '├ inner ▸              stopping',
    '│ └ deep                  12  1234  25%        2   1.50        history',
    '└ x                    down',
  ]);
});

test('a table of 50 columns leaves out threads and times, and counts the rows that do not fit', () => {
  const many = Array.from({ length: 300 }, (_, n) => actor(`actor-with-a-rather-long-name-${n}`));
  const lines = topLines(tree(many), threads, { columns: 50, rows: 20 });
  assert.equal(lines.length, 20);
  assert.ok(lines.every((line) => line.length <= 50));
  assert.match(lines[1] ?? '', /^ACTOR +QUEUE MSG\/S BUSY RESTARTS$/);
  assert.match(lines[3] ?? '', /^├ actor-with-a-rather-…? +12  1234  25%        2$/);
  assert.equal(lines.at(-1), '… 284 more');
});
