/** Many brief jobs on a disk: at once where it answers, side by side where it is slow. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BriefJobs, inSlices } from '../../src/actors/files/brief-jobs.js';
import { files as limits } from '../../src/actors/files/limits.js';
import { decodingManifest, encodingManifest } from '../../src/chat/files/manifest.js';
import { namingSafely } from '../../src/chat/files/names.js';

const items = Array.from({ length: 500 }, (_, at) => at);

/** Jobs on a disk that takes a time for each; the clock is moved by them alone. */
function disk(jobMs: number) {
  let nowMs = 0;
  const done: Record<'quick' | 'patient', number[]> = { quick: [], patient: [] };
  const jobs = new BriefJobs(() => nowMs);
  const job = {
    quick(item: number): boolean {
      nowMs += jobMs;
      if (item % 100 === 99) return false;
      done.quick.push(item);
      return true;
    },
    patient: (item: number): Promise<void> => Promise.resolve(void done.patient.push(item)),
  };
  const pass = (ms: number): void => void (nowMs += ms);
  return { jobs, job, done, pass };
}

test('each job is done once, and one that cannot be quick is done the patient way', async () => {
  const { jobs, job, done } = disk(0.1);
  await jobs.run(items, job);
  assert.deepEqual(done.patient, [99, 199, 299, 399, 499]);
  assert.equal(new Set([...done.quick, ...done.patient]).size, items.length);
});

test('the thread hears its messages between the slices of many jobs', async () => {
  const { jobs, job, done } = disk(1);
  const seen: number[] = [];
  const look = (): void => {
    seen.push(done.quick.length);
    if (done.quick.length < 400) setImmediate(look);
  };
  setImmediate(look);
  await jobs.run(items, job);
  assert.ok(seen.length >= 10, seen.join(' '));
});

test('on a slow disk jobs run side by side, and a while later it is tried again', async () => {
  const { jobs, job, done, pass } = disk(20);
  await jobs.run(items, job);
  assert.ok(done.quick.length <= limits.slowAfterMs / 20 + 1, String(done.quick.length));
  assert.equal(done.quick.length + done.patient.length, items.length);
  const before = done.quick.length;
  await jobs.run(items, job);
  assert.equal(done.quick.length, before);
  pass(limits.slowForMs);
  await jobs.run(items, job);
  assert.ok(done.quick.length > before);
});

test('a failure of a job ends the others', async () => {
  const { jobs, job, done } = disk(0.1);
  const failing = (item: number): boolean => {
    if (item === 5) throw new Error('ENOSPC');
    return job.quick(item);
  };
  await assert.rejects(jobs.run(items, { ...job, quick: failing }), /ENOSPC/u);
  assert.equal(done.quick.length, 5);
});

test('the thread hears its messages while a manifest of many entries is read and named', async () => {
  const entry = {
    kind: 'file',
    bytes: 0,
    mtimeMs: 1_764_480_000_000,
    isExecutable: false,
    target: '',
  } as const;
  const entries = Array.from({ length: 20_000 }, (_, at) => ({ ...entry, path: `ä/b${String(at)}` }));
  let turns = 0;
  const turn = (): void => {
    turns += 1;
    timer = setImmediate(turn);
  };
  let timer = setImmediate(turn);
  const named = (await inSlices(namingSafely(entries)))._unsafeUnwrap();
  const encoded = (await inSlices(encodingManifest(entries)))._unsafeUnwrap();
  const decoded = (await inSlices(decodingManifest(encoded)))._unsafeUnwrap();
  clearImmediate(timer);
  assert.deepEqual(decoded, entries);
  assert.equal(named.entries.length, entries.length);
  assert.ok(turns >= 3, `${String(turns)} turns`);
});
