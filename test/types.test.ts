/**
 * Programs that must not compile: each case is a small program with one mistake, given to the compiler that builds the
 * project; the same program without the mistake must compile, so that a case cannot pass for a wrong reason.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

const project = join(import.meta.dirname, '..', '..');

const prelude = `
import { ok, err } from 'neverthrow';
import { actor, address, child, later, next, reply, startSupervisor, type Address, type Call, type Cast, type Links, type Local, type Ref } from '../../src/runtime/index.js';
type NoteProtocol = { note: Cast<{ text: string }>; count: Call<null, number, { code: 'note/lost' } | { code: 'note/late'; ms: number }> };
type OtherProtocol = { other: Cast<number> };
declare const ref: Ref<NoteProtocol>;
const inline = { kind: 'inline' } as const;
const notes = actor<{ file: string }, number, NoteProtocol, { to: OtherProtocol }>({
  name: 'notes', restart: 'permanent', init: () => ok(0),
  receive: { note: (n) => next(n + 1), count: (n) => reply(n, ok(n)) },
});
`;

/** Name of the mistake → the right program, the wrong one, and the code of the compiler's complaint. */
const cases: Record<string, { right: string; wrong: string; complaint: RegExp }> = {
  'a cast with a wrong body': {
    right: `ref.cast('note', { text: 'x' });`,
    wrong: `ref.cast('note', { text: 1 });`,
    complaint: /TS2322/,
  },
  'a cast of a name that the protocol has not': {
    right: `ref.cast('note', { text: 'x' });`,
    wrong: `ref.cast('nota', { text: 'x' });`,
    complaint: /TS2345/,
  },
  'a cast of a call': {
    right: `void ref.call('count', null);`,
    wrong: `ref.cast('count', null);`,
    complaint: /TS2345/,
  },
  'a call of a cast': {
    right: `ref.cast('note', { text: 'x' });`,
    wrong: `void ref.call('note', { text: 'x' });`,
    complaint: /TS2345/,
  },
  'a reply taken for something else': {
    right: `void ref.call('count', null).map((n) => n.toFixed());`,
    wrong: `void ref.call('count', null).map((n) => n.trim());`,
    complaint: /TS2339|TS2551/,
  },
  'an actor without a handler for one of its names': {
    right: `actor<null, null, OtherProtocol>({ name: 'a', restart: 'permanent', init: () => ok(null), receive: { other: (s) => next(s) } });`,
    wrong: `actor<null, null, OtherProtocol>({ name: 'a', restart: 'permanent', init: () => ok(null), receive: {} });`,
    complaint: /TS2741/,
  },
  'a handler that replies with the wrong type': {
    right: `actor<null, number, { ask: Call<null, number> }>({ name: 'a', restart: 'permanent', init: () => ok(0), receive: { ask: (n) => reply(n, ok(n)) } });`,
    wrong: `actor<null, number, { ask: Call<null, number> }>({ name: 'a', restart: 'permanent', init: () => ok(0), receive: { ask: (n) => reply(n, ok('no')) } });`,
    complaint: /TS2322/,
  },
  'a handler that fails with a fault the call does not declare': {
    right: `actor<null, number, NoteProtocol>({ name: 'a', restart: 'permanent', init: () => ok(0), receive: { note: (n) => next(n), count: (n) => reply(n, err({ code: 'note/lost' as const })) } });`,
    wrong: `actor<null, number, NoteProtocol>({ name: 'a', restart: 'permanent', init: () => ok(0), receive: { note: (n) => next(n), count: (n) => reply(n, err({ code: 'note/gone' as const })) } });`,
    complaint: /TS2322/,
  },
  'a reply to a cast': {
    right: `actor<null, null, OtherProtocol>({ name: 'a', restart: 'permanent', init: () => ok(null), receive: { other: (s) => next(s) } });`,
    wrong: `actor<null, null, OtherProtocol>({ name: 'a', restart: 'permanent', init: () => ok(null), receive: { other: (s) => reply(s, ok(1)) } });`,
    complaint: /TS2322/,
  },
  'a fault whose handling was forgotten': {
    right: `void ref.call('count', null).mapErr((fault): string => { switch (fault.code) { case 'note/lost': return ''; case 'note/late': return ''; default: return fault.code satisfies \`runtime/\${string}\`; } });`,
    wrong: `void ref.call('count', null).mapErr((fault): string => { switch (fault.code) { case 'note/lost': return ''; default: return fault.code satisfies \`runtime/\${string}\`; } });`,
    complaint: /TS1360/,
  },
  'a child with wrong arguments': {
    right: `child(notes, { args: { file: 'x' }, links: { to: address<OtherProtocol>('o') }, placement: inline });`,
    wrong: `child(notes, { args: { path: 'x' }, links: { to: address<OtherProtocol>('o') }, placement: inline });`,
    complaint: /TS2353|TS2741|TS2322/,
  },
  'a child with a link missing': {
    right: `child(notes, { args: { file: 'x' }, links: { to: address<OtherProtocol>('o') }, placement: inline });`,
    wrong: `child(notes, { args: { file: 'x' }, links: {}, placement: inline });`,
    complaint: /TS2741/,
  },
  'a link that leads to an actor of another protocol': {
    right: `child(notes, { args: { file: 'x' }, links: { to: address<OtherProtocol>('o') }, placement: inline });`,
    wrong: `child(notes, { args: { file: 'x' }, links: { to: address<NoteProtocol>('n') }, placement: inline });`,
    complaint: /TS2375/,
  },
  // Runtime F14
  'a ref to an actor that takes less taken for one that takes more': {
    right: `declare const wide: Ref<{ put: Cast<number | string> }>; const both: Ref<NoteProtocol & OtherProtocol> | null = null; export const r: Ref<OtherProtocol> | null = both; wide.cast('put', 1);`,
    wrong: `declare const narrow: Ref<{ put: Cast<number> }>; const wide: Ref<{ put: Cast<number | string> }> = narrow; wide.cast('put', 'no');`,
    complaint: /TS2322|TS2375/,
  },
  'an address of an actor that takes less taken for one that takes more': {
    right: `const a = address<NoteProtocol & OtherProtocol>('a'); const b: Address<OtherProtocol> = a; void b;`,
    wrong: `const a = address<{ put: Cast<number> }>('a'); const b: Address<{ put: Cast<number | string> }> = a; void b;`,
    complaint: /TS2322|TS2375/,
  },
  'an address of an actor that lacks a message': {
    right: `const a = address<NoteProtocol>('a'); const b: Address<Pick<NoteProtocol, 'note'>> = a; void b;`,
    wrong: `const a = address<Pick<NoteProtocol, 'note'>>('a'); const b: Address<NoteProtocol> = a; void b;`,
    complaint: /TS2322|TS2375|TS2741/,
  },
  'a body with a function, which no thread boundary lets through': {
    right: `actor<null, null, { run: Cast<Local<{ job: () => void }>> }>({ name: 'a', restart: 'permanent', init: () => ok(null), receive: { run: (s, { job }) => (job(), next(s)) } });`,
    wrong: `actor<null, null, { run: Cast<{ job: () => void }> }>({ name: 'a', restart: 'permanent', init: () => ok(null), receive: { run: (s, { job }) => (job(), next(s)) } });`,
    complaint: /TS2344/,
  },
  'a reply with a promise in it': {
    right: `actor<null, null, { ask: Call<Map<string, Date>, { at: Uint8Array }> }>({ name: 'a', restart: 'permanent', init: () => ok(null), receive: { ask: (s) => reply(s, ok({ at: new Uint8Array(1) })) } });`,
    wrong: `actor<null, null, { ask: Call<null, { at: Promise<number> }> }>({ name: 'a', restart: 'permanent', init: () => ok(null), receive: { ask: (s) => reply(s, ok({ at: Promise.resolve(1) })) } });`,
    complaint: /TS2344/,
  },
  'a handler of a call that never answers': {
    right: `actor<null, null, { ask: Call<null, number> }>({ name: 'a', restart: 'permanent', init: () => ok(null), receive: { ask: (s, _b, _c, from) => { setImmediate(() => from.ok(1)); return later(s, from); } } });`,
    wrong: `actor<null, null, { ask: Call<null, number> }>({ name: 'a', restart: 'permanent', init: () => ok(null), receive: { ask: (s) => next(s) } });`,
    complaint: /TS2322/,
  },
  // Runtime F6
  'a handler that changes a body, which may be delivered again': {
    right: `actor<null, number, { add: Cast<{ parts: number[] }> }>({ name: 'a', restart: 'permanent', init: () => ok(0), receive: { add: (n, { parts }) => next(n + parts.length) } });`,
    wrong: `actor<null, number, { add: Cast<{ parts: number[] }> }>({ name: 'a', restart: 'permanent', init: () => ok(0), receive: { add: (n, { parts }) => next(n + parts.push(1)) } });`,
    complaint: /TS2339/,
  },
  'an exit reason forgotten in a switch': {
    right: `import type { Strategy } from '../../src/runtime/index.js'; export const f = (s: Strategy): number => { switch (s) { case 'one-for-one': return 1; case 'one-for-all': return 2; case 'rest-for-one': return 3; } };`,
    wrong: `import type { Strategy } from '../../src/runtime/index.js'; export const f = (s: Strategy): number => { switch (s) { case 'one-for-one': return 1; case 'one-for-all': return 2; } };`,
    complaint: /TS2366|TS7030/,
  },
};

describe('the compiler refuses', () => {
  let folder = '';
  let complaints: readonly string[] = [];

  // One run of the compiler for all cases: starting it is what takes time.
  before(() => {
    folder = mkdtempSync(join(project, 'dist', 'types-'));
    Object.values(cases).forEach(({ right, wrong }, i) => {
      writeFileSync(join(folder, `right-${i}.ts`), `${prelude}\n${right}\n`);
      writeFileSync(join(folder, `wrong-${i}.ts`), `${prelude}\n${wrong}\n`);
    });
    const options = { noEmit: true, incremental: false, rootDir: '../..', noUnusedLocals: false };
    const config = {
      extends: '../../tsconfig.json',
      compilerOptions: options,
      include: ['*.ts'],
      exclude: [],
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const tsc = join(project, 'node_modules', 'typescript', 'bin', 'tsc');
    const { stdout } = spawnSync(process.execPath, [tsc, '--project', folder, '--pretty', 'false'], {
      encoding: 'utf8',
    });
    complaints = stdout.split('\n').filter((line) => line.includes('error TS'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const [i, [mistake, { complaint }]] of Object.entries(cases).entries())
    test(mistake, () => {
      assert.deepEqual(about(complaints, `right-${i}.ts`), []);
      assert.match(about(complaints, `wrong-${i}.ts`).join('\n'), complaint);
    });
});

const about = (complaints: readonly string[], file: string): readonly string[] =>
  complaints.filter((line) => line.includes(file));
