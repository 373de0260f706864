/** The progress of long work, and the end of an export by a signal. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ok } from 'neverthrow';
import type { MessageEvent } from '../../src/index.js';
import { exportTo } from '../../src/ui/cli/commands/export.js';
import { progressRow as limits } from '../../src/ui/cli/limits.js';
import { Output } from '../../src/ui/cli/screen/output.js';
import { ProgressRow } from '../../src/ui/cli/screen/progress-row.js';
import { fakeWorld } from '../support/fake-world.js';

function rowOn(isTerminal: boolean, isJson: boolean) {
  const it = fakeWorld();
  const stderr = Object.assign(it.world.stderr, { isTTY: isTerminal, columns: 50 });
  const output = new Output(
    { stdout: it.world.stdout, stderr },
    { isJson, isQuiet: false, isColored: false },
  );
  return { it, row: new ProgressRow({ stderr }, output, 'exporting') };
}

/** Works for longer than short work lasts. */
function work(row: ProgressRow): void {
  const endMs = performance.now() + limits.shortWorkMs + 20;
  row.showWork(1, 1_000, 'messages');
  while (performance.now() < endMs);
  row.showWork(250, 1_000, 'messages');
  row.end();
}

test('a terminal shows how much is done, the rate and the time left, within its width', () => {
  const { it, row } = rowOn(true, false);
  work(row);
  const [, shown = ''] = it.stderr.text.split('\r\u001B[K');
  assert.match(shown, /^exporting: 250 of 1,000 messages, [\d,]+\/s, \d+ s/);
  assert.ok(shown.length < 50, shown);
  assert.ok(it.stderr.text.endsWith('\r\u001B[K'), 'the row is gone in the end');
  it.remove();
});

test('a pipe shows no progress, and --json prints lines', () => {
  const pipe = rowOn(false, false);
  work(pipe.row);
  assert.equal(pipe.it.stderr.text + pipe.it.stdout.text, '');
  const json = rowOn(false, true);
  work(json.row);
  const [line] = json.it.stdout.json();
  assert.deepEqual(
    [line?.['type'], line?.['what'], line?.['done'], line?.['total']],
    ['progress', 'exporting', 250, 1_000],
  );
  for (const { it } of [pipe, json]) it.remove();
});

/** Yields a page before the signal and one after it. */
async function* pagesUntil(stop: AbortController) {
  const page: readonly MessageEvent[] = [];
  yield ok(page);
  stop.abort();
  yield ok(page);
}

test('an export that a signal ends leaves no file, and an earlier one as it was', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'parlance-test-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const isForced of [false, true]) {
    const file = join(folder, isForced ? 'old.json' : 'new.json');
    if (isForced) writeFileSync(file, 'earlier');
    const stop = new AbortController();
    const options = { isForced, addressOf: () => '', stopped: stop.signal };
    const written = await exportTo(file, 'json', pagesUntil(stop), options);
    assert.equal(written._unsafeUnwrapErr().code, 'command/stopped');
    if (isForced) assert.equal(readFileSync(file, 'utf8'), 'earlier');
    else assert.ok(!existsSync(file));
  }
  assert.deepEqual(readdirSync(folder), ['old.json']);
});
