/**
 * Three people at the prompt, on three hosts, for an hour, before a release. By hand: PARLANCE_DAY_MINUTES=10. The minutes of each night are
 * `day.night.ts`.
 */
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { runSeed } from '../support/seeds.js';
import { playDay } from './day/day.js';
import { labMissing } from './lab.js';

const minutes = Number(process.env['PARLANCE_DAY_MINUTES'] ?? 60);
const missing =
  labMissing() || (spawnSync('bash', ['--version']).error !== undefined && 'bash is not installed');

test(
  'three people see what was said, whole and under the right names',
  { skip: missing, timeout: (minutes + 30) * 60_000 },
  (context) => playDay(context, minutes, runSeed),
);
