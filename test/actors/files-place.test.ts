/** Where received files get their places: beside others or over them, once, also after a crash. Cases F3 and F6. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { ExchangedError } from '../../src/actors/files/part-files.js';
import { partFolder, PartTree } from '../../src/actors/files/tree.js';
import { messageId } from '../history/driver.js';
import { temporaryHome } from '../support/program.js';

async function received(context: TestContext) {
  const directory = temporaryHome(context);
  const tree = new PartTree(directory, messageId(1));
  await tree.prepare();
  const inside = join(directory, partFolder, messageId(1), 'tree');
  writeFileSync(join(inside, 'a.txt'), 'new');
  mkdirSync(join(inside, 'trip'));
  return { directory, tree, inside };
}
const tops = ['a.txt', 'trip'];

test('a file takes the place of another one where the user wishes, a folder never', async (context) => {
  const { directory, tree } = await received(context);
  writeFileSync(join(directory, 'a.txt'), 'old');
  mkdirSync(join(directory, 'trip'));
  const places = await tree.place(tops, await tree.planned(tops, true), true);
  assert.deepEqual(places, [join(directory, 'a.txt'), join(directory, 'trip (1)')]);
  assert.equal(readFileSync(join(directory, 'a.txt'), 'utf8'), 'new');
});

test('a link in the place of a file is replaced, and what it points to stays', async (context) => {
  const { directory, tree } = await received(context);
  const other = join(temporaryHome(context), 'precious');
  writeFileSync(other, 'precious');
  symlinkSync(other, join(directory, 'a.txt'));
  await tree.place(tops, await tree.planned(tops, true), true);
  assert.equal(readFileSync(other, 'utf8'), 'precious');
  assert.equal(readFileSync(join(directory, 'a.txt'), 'utf8'), 'new');
});

test('a place that was taken after the plan is left alone', async (context) => {
  const { directory, tree } = await received(context);
  const planned = await tree.planned(tops, false);
  writeFileSync(join(directory, 'a.txt'), 'came between');
  const [place] = await tree.place(tops, planned, false);
  assert.equal(place, join(directory, 'a (1).txt'));
  assert.equal(readFileSync(join(directory, 'a.txt'), 'utf8'), 'came between');
});

test('a crash amid the moves loses no place, and moves nothing twice', async (context) => {
  const { directory, tree, inside } = await received(context);
  writeFileSync(join(directory, 'a.txt'), 'old');
  const planned = await tree.planned(tops, false);
  renameSync(join(inside, 'a.txt'), planned[0] ?? '');
  const again = new PartTree(directory, messageId(1));
  await again.prepare();
  assert.deepEqual(await again.place(tops, planned, false), planned);
  assert.deepEqual(readdirSync(directory).toSorted(), ['a (1).txt', 'a.txt', 'trip']);
});

test('nothing is written or removed where the folder of unfinished files became a link', async (context) => {
  const { directory, tree, inside } = await received(context);
  const other = temporaryHome(context);
  mkdirSync(join(other, messageId(1)));
  writeFileSync(join(other, messageId(1), 'precious'), 'precious');
  renameSync(join(directory, partFolder), join(directory, 'away'));
  symlinkSync(other, join(directory, partFolder));
  await assert.rejects(tree.place(tops, [], false), ExchangedError);
  await assert.rejects(new PartTree(directory, messageId(1)).prepare(), ExchangedError);
  await new PartTree(directory, messageId(1)).removeLeft();
  assert.deepEqual(readdirSync(join(other, messageId(1))), ['precious']);
  assert.ok(!inside.startsWith(other));
});

test('a file that may replace others never replaces one of its own transfer', async (context) => {
  const { directory, tree, inside } = await received(context);
  const own = ['b', 'b (1)'];
  for (const name of own) writeFileSync(join(inside, name), name);
  mkdirSync(join(directory, 'b'));
  const planned = await tree.planned(own, true);
  assert.equal(new Set(planned).size, 2);
  // A folder that came after the plan moves the first file to the place of the second one.
  const places = await tree.place(own, [join(directory, 'b'), join(directory, 'b (1)')], true);
  assert.deepEqual(
    places.map((place) => readFileSync(place, 'utf8')),
    own,
  );
});
