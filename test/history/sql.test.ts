import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { test } from 'node:test';
import { attempt, openSql, type SqlValue } from '../../src/actors/history/sql.js';
import { migrate, migrations, schemaVersion } from '../../src/actors/history/schema.js';
import { start, temporaryHome } from './driver.js';

test('a value that would end the process never reaches libsql', () => {
  const { file, remove } = temporaryHome();
  closeSync(openSync(file, 'w'));
  const sql = openSql(file);
  try {
    const two = sql.prepare('SELECT ?, ?');
    const bad: readonly (readonly unknown[])[] = [
      [],
      [1],
      [1, 2, 3],
      [true, 1],
      [1, undefined],
      [1, {}],
      [1, 1n],
      [1, Number.NaN],
      [1, 0.5],
      ['half \uD800', 1],
      ['nul \0', 1],
      [[1, 2], 1],
      [1, () => 1],
    ];
    for (const values of bad) assert.throws(() => two.row(values as readonly SqlValue[]), TypeError);
    assert.throws(() => sql.prepare('SELECT ?').rows([Buffer.from('x'), Buffer.from('y')]), TypeError);
    assert.deepEqual(sql.prepare('SELECT ?').row([Buffer.from('x')]), [Buffer.from('x')]);
    assert.deepEqual(two.rows([null, '\u{1F389}']), [[null, '\u{1F389}']]);
  } finally {
    sql.close();
    remove();
  }
});

test('a failed transaction leaves nothing and the next one works', () => {
  const { file, remove } = temporaryHome();
  closeSync(openSync(file, 'w'));
  const sql = openSql(file);
  try {
    migrate(sql);
    assert.throws(() =>
      sql.transaction(() => {
        sql.prepare('INSERT INTO peer(id) VALUES (?)').run([Buffer.from('a')]);
        throw new Error('bug');
      }),
    );
    assert.equal(sql.integer('SELECT count(*) FROM peer'), 0);
    sql.transaction(() => sql.prepare('INSERT INTO peer(id) VALUES (?)').run([Buffer.from('a')]));
    assert.equal(sql.integer('SELECT count(*) FROM peer'), 1);
  } finally {
    sql.close();
    remove();
  }
});

test('a migration that fails half-way leaves the version and the tables as they were', () => {
  const { file, remove } = temporaryHome();
  closeSync(openSync(file, 'w'));
  const sql = openSql(file);
  try {
    migrate(sql);
    const steps = [...migrations, 'CREATE TABLE extra(x)', 'CREATE TABLE peer(x)'];
    assert.throws(() => migrate(sql, steps));
    assert.equal(schemaVersion(sql), migrations.length);
    assert.equal(sql.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'extra'"), 0);
    migrate(sql, steps.slice(0, -1));
    assert.equal(schemaVersion(sql), migrations.length + 1);
  } finally {
    attempt(() => sql.close());
    remove();
  }
});

test('a file of a newer program is refused and not touched', async () => {
  const { file, remove } = temporaryHome();
  try {
    await (await start(file))._unsafeUnwrap().stop();
    const sql = openSql(file);
    sql.exec('PRAGMA user_version = 9');
    sql.close();
    const { readFileSync } = await import('node:fs');
    const before = readFileSync(file);
    const refused = (await start(file))._unsafeUnwrapErr();
    assert.deepEqual(refused, { code: 'store/newer-schema', file, found: 9, known: migrations.length });
    assert.deepEqual(readFileSync(file), before);
  } finally {
    remove();
  }
});
