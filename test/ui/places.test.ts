/** Homes, settings and log files in unusable places, and the size of the log. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { makeDirectory } from '../../src/home/private-file.js';
import { startNode } from '../../src/index.js';
import { launchNode } from '../../src/ui/api/launch.js';
import { logFile, nodeLog } from '../../src/ui/cli/limits.js';
import { openLog } from '../../src/ui/cli/screen/log.js';
import { changeSettings } from '../../src/ui/cli/options/settings-file.js';
import { fakeWorld, CapturedOutput } from '../support/fake-world.js';
import { playProgram } from '../support/played-program.js';
import { temporaryHome } from '../support/program.js';
import { eventually, testMsMax } from '../support/deadline.js';

const options = { timeout: testMsMax };
const isLinux = process.platform === 'linux';

test(
  'a home that cannot be made is exit 78 and one line',
  { ...options, skip: !isLinux },
  async (context) => {
    const program = playProgram(context, ['serve', '--home', '/proc/nope/deep', '--bind', '127.0.0.1']);
    assert.equal(await program.exit(), 78);
    assert.match(
      program.stderr(),
      /^parlance: the home cannot be used: \/proc\/nope\/deep: [^\n]+; [^\n]+\n$/,
    );
  },
);

test('a home below a file is refused with a reason in words', async (context) => {
  const home = temporaryHome(context);
  const file = join(home, 'file');
  writeFileSync(file, '');
  const reason = 'a part of the path is not a directory (ENOTDIR)';
  assert.equal(makeDirectory(join(file, 'a', 'b'))._unsafeUnwrapErr(), reason);
  const settings = changeSettings(join(file, 'a'), {})._unsafeUnwrapErr();
  assert.deepEqual(settings, { code: 'home/unusable', home: join(file, 'a'), reason });
  const started = (await startNode({ home: join(file, 'a') }))._unsafeUnwrapErr();
  assert.deepEqual(started, { code: 'home/unusable', home: join(file, 'a'), reason });
});

test('missing directories are made with mode 0700', { skip: process.platform === 'win32' }, (context) => {
  const deep = join(temporaryHome(context), 'a', 'b', 'c');
  assert.ok(makeDirectory(deep).isOk());
  assert.ok(makeDirectory(deep).isOk());
  for (const each of [deep, join(deep, '..')]) assert.equal(statSync(each).mode & 0o777, 0o700);
});

test('a log file that cannot be opened is one line', options, async (context) => {
  const it = fakeWorld({ node: { code: 'store/full', file: 'f' } });
  context.after(() => it.remove());
  const file = join(it.home, 'file');
  writeFileSync(file, '');
  await it.run('serve', '--log-file', join(file, 'log'));
  assert.equal(it.stderr.lines().length, 1);
});

test('a full log file is set aside, and four older ones are kept', async (context) => {
  const home = temporaryHome(context);
  const file = join(home, 'logs', 'log');
  const write = await openLog({ level: 'info', file, stderr: new CapturedOutput(), onLine: null });
  const words = 'x'.repeat(logFile.bytesMax / 4);
  for (let n = 0; n < 24; n += 1) write('info', `line-${n}`, { words });
  const names = readdirSync(join(home, 'logs')).toSorted();
  assert.deepEqual(names, ['log', 'log.1', 'log.2', 'log.3', 'log.4']);
  for (const name of names) assert.ok(statSync(join(home, 'logs', name)).size <= logFile.bytesMax);
  const newest = readFileSync(file, 'utf8').trimEnd().split('\n');
  assert.equal(eventOf(newest.at(-1)), 'line-23');
  assert.ok(existsSync(`${file}.1`));
  assert.equal(eventOf(readFileSync(`${file}.1`, 'utf8').trimEnd().split('\n').at(-1)), 'line-20');
});

test('a log file that is full at its opening is set aside', async (context) => {
  const file = join(temporaryHome(context), 'log');
  writeFileSync(file, 'x'.repeat(logFile.bytesMax));
  const write = await openLog({ level: 'info', file, stderr: new CapturedOutput(), onLine: null });
  write('info', 'first', {});
  assert.equal(statSync(`${file}.1`).size, logFile.bytesMax);
  assert.equal(eventOf(readFileSync(file, 'utf8').trimEnd()), 'first');
});

// Case H10
test('a new log file is opened under the name of one that was moved away', async (context) => {
  const file = join(temporaryHome(context), 'log');
  const write = await openLog({ level: 'info', file, stderr: new CapturedOutput(), onLine: null });
  write('info', 'before', {});
  renameSync(file, `${file}.moved`);
  await eventually(
    () => {
      write('info', 'after', {});
      return existsSync(file);
    },
    20_000,
    'the file under its name',
  );
  assert.match(readFileSync(`${file}.moved`, 'utf8'), /"before"/);
  assert.match(readFileSync(file, 'utf8'), /"after"/);
});

test('the log of a shared node keeps one older file', async (context) => {
  const file = join(temporaryHome(context), 'node.log');
  const write = await openLog({
    level: 'info',
    file,
    bounds: nodeLog,
    stderr: new CapturedOutput(),
    onLine: null,
  });
  const words = 'x'.repeat(nodeLog.bytesMax / 4);
  for (let n = 0; n < 12; n += 1) write('info', `line-${n}`, { words });
  const names = readdirSync(dirname(file)).filter((name) => name.startsWith('node.log'));
  assert.deepEqual(names.toSorted(), ['node.log', 'node.log.1']);
});

test('a log of failed starts is set aside before the next start', async (context) => {
  const home = temporaryHome(context);
  const file = join(home, 'node.log');
  writeFileSync(file, 'x'.repeat(nodeLog.bytesMax));
  writeFileSync(join(home, 'identity.json'), 'broken', { mode: 0o600 });
  const task = { options: { home }, startedWith: {}, logLevel: 'warn', logFile: null };
  assert.ok((await launchNode(task)).isErr());
  assert.equal(statSync(`${file}.1`).size, nodeLog.bytesMax);
  assert.ok(statSync(file).size < nodeLog.bytesMax);
});

function eventOf(line: string | undefined): unknown {
  const parsed: Record<string, unknown> = JSON.parse(line ?? '');
  return parsed['event'];
}
