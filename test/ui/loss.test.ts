/** Output that cannot be written is a failure, and an export is whole or absent. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  openSync,
  lstatSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { run } from '../../src/ui/cli/program.js';
import { worldWithRunningNode } from '../support/command-worlds.js';
import { testMsMax } from '../support/deadline.js';
import { mainFile, temporaryHome } from '../support/program.js';

const options = { timeout: testMsMax };

/** A stdout whose writes fail after `bytes` bytes. */
const failing = (code: string, bytes: number): Writable => {
  let left = bytes;
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      left -= chunk.length;
      done(left >= 0 ? null : Object.assign(new Error(code), { code }));
    },
  });
};

// Case S3
test(
  'a write to stdout that fails is exit 1 with one line, unless the reader left',
  options,
  async (context) => {
    const { node, anotherWorld } = await worldWithRunningNode(context);
    for (let i = 0; i < 200; i += 1) node.receive('bob', `line ${i}`);
    for (const args of [
      ['history'],
      ['history', '--json'],
      ['peers'],
      ['--help'],
      ['--version'],
      ['help', 'send'],
    ]) {
      const full = anotherWorld();
      assert.equal(await run(args, { ...full.world, stdout: failing('ENOSPC', 5) }), 1, args.join(' '));
      assert.match(
        full.stderr.text,
        /^parlance: the output is not complete: the disk is full \(ENOSPC\); [^\n]+\n$/,
      );
      const left = anotherWorld();
      await run(args, { ...left.world, stdout: failing('EPIPE', 5) });
      assert.equal(left.stderr.text, '', args.join(' '));
    }
  },
);

// Case S3
test('a full device is exit 1', { ...options, skip: !existsSync('/dev/full') }, () => {
  const full = openSync('/dev/full', 'w');
  const { status, stderr } = spawnSync(process.execPath, [mainFile, 'help'], {
    stdio: ['ignore', full, 'pipe'],
    encoding: 'utf8',
    timeout: testMsMax,
  });
  closeSync(full);
  assert.equal(status, 1);
  assert.match(stderr, /^parlance: the output is not complete: /);
});

// Case S8
test('a directory in the place of stdin is an error, and no empty input', options, async (context) => {
  const { it, node } = await worldWithRunningNode(context);
  const directory = openSync(it.home, 'r');
  const program = spawn(process.execPath, [mainFile, 'send', 'bob', '--home', it.home], {
    stdio: [directory, 'ignore', 'pipe'],
  });
  const stderr = program.stderr === null ? '' : text(program.stderr);
  const [code] = await once(program, 'close');
  closeSync(directory);
  assert.equal(code, 2);
  assert.match(await stderr, /line 1 of the input was not sent: it is a directory \(EISDIR\)/);
  assert.deepEqual(node.lines(), []);
});

// Case S4
test('a forced export replaces a link and follows none', options, async (context) => {
  const { it, node } = await worldWithRunningNode(context);
  node.receive('bob', 'hello');
  const folder = temporaryHome(context);
  const [file, elsewhere] = [join(folder, 'out.csv'), join(folder, 'elsewhere')];
  writeFileSync(elsewhere, 'precious', { mode: 0o644 });
  symlinkSync(elsewhere, `${file}.new`);
  symlinkSync(elsewhere, file);
  assert.equal(await it.run('history', '--export', file, '--force'), 0, it.stderr.text);
  assert.equal(readFileSync(elsewhere, 'utf8'), 'precious');
  assert.ok(lstatSync(file).isFile());
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(readdirSync(folder).length, 3);
});
