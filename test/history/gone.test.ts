/** Case H1: a home that is removed, renamed or replaced while its node runs. Nothing is acknowledged then. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runProgram, sceneOptions, temporaryHome } from '../support/program.js';
import { entry, request, withHistory } from './driver.js';
import { freeUdpPort } from '../support/free-port.js';

const losses: Readonly<Record<string, (file: string, home: string) => void>> = {
  'its home is removed': (_file, home) => rmSync(home, { recursive: true }),
  'its home is renamed': (_file, home) => renameSync(home, `${home}.moved`),
  'its home is replaced by an empty one': (_file, home) => {
    renameSync(home, `${home}.moved`);
    mkdirSync(home, { mode: 0o700 });
  },
  'the file is removed': (file) => rmSync(file),
  'the file is replaced by a backup': (file) => {
    copyFileSync(file, `${file}.backup`);
    renameSync(`${file}.backup`, file);
  },
};

for (const [name, lose] of Object.entries(losses)) {
  test(`an entry is not acknowledged once ${name}`, () =>
    withHistory(async (driver, file, home) => {
      assert.ok((await driver.call('append', { entries: [entry(1)] })).isOk());
      lose(file, home);
      const answers = await driver.batch([
        request('append', { entries: [entry(2)] }),
        request('append', { entries: [entry(3)] }),
      ]);
      const codes = answers.map((answer) => (answer.isErr() ? answer.error.code : 'acknowledged'));
      assert.deepEqual(codes, ['store/gone', 'store/gone']);
      // The file at that path is another one now, so it is not opened either.
      assert.equal((await driver.call('newest', {}))._unsafeUnwrapErr().code, 'store/gone');
      rmSync(`${home}.moved`, { recursive: true, force: true });
    }));
}

test('a node whose home is renamed says so and ends with exit 78', { timeout: 60_000 }, async (context) => {
  const home = join(temporaryHome(context), 'home');
  const network = sceneOptions(await freeUdpPort());
  const serve = runProgram(context, ['serve', '--json', '--home', home, '--name', 'alice', ...network]);
  await serve.until(({ type }) => type === 'ready', 30_000);
  renameSync(home, `${home}.moved`);
  const failure = await serve.until(({ type }) => type === 'error', 30_000);
  assert.equal(failure['code'], 'store/gone');
  assert.equal(await serve.exit(30_000), 78);
  assert.match(serve.stderr(), /the home is gone/);
});
