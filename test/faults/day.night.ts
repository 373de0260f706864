/**
 * Three people at the prompt, on three hosts, for some minutes. Nightly; by hand: PARLANCE_DAY_MINUTES=1. The hour is
 * `day.release.ts`.
 */
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { runSeed } from '../support/seeds.js';
import { playDay } from './day/day.js';
import { labMissing } from './lab.js';

const minutes = Number(process.env['PARLANCE_DAY_MINUTES'] ?? 4);
const missing =
  labMissing() || (spawnSync('bash', ['--version']).error !== undefined && 'bash is not installed');

test(
  'three people see what was said, whole and under the right names',
  { skip: missing, timeout: (minutes + 30) * 60_000 },
  (context) => playDay(context, minutes, runSeed),
);
