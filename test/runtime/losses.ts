/**
 * The long check of the delivery guarantee: `npm run losses -- --runs N --messages N --seed S --minutes M`. Each run
 * sends its messages through a new pipeline of five threads that die at random. Exit code 1 with the seed of the run
 * as soon as a message is neither handled nor a dead letter, or when the time is over.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { playPipeline } from './pipeline.js';

const stages = 5;
const runsPerLine = 10;
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '200' },
    messages: { type: 'string', default: '5000' },
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string' },
  },
});
const runs = Number(values.runs);
const messages = Number(values.messages);
const minutesMax = Number(values.minutes);
const seed = values.seed === undefined ? randomInt(2 ** 30) : Number(values.seed);
if (![runs, messages, seed].every(Number.isSafeInteger) || runs < 1 || messages < 1 || !(minutesMax > 0)) {
  process.stderr.write('losses: give --runs N, --messages N, --minutes M (each above 0), --seed S (whole)\n');
  process.exit(2);
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const startedMs = performance.now();
const minutes = (): number => (performance.now() - startedMs) / 60_000;
const sum = { messages: 0, handled: 0, repeated: 0, letters: 0, lost: 0, restarts: 0 };

async function play(): Promise<boolean> {
  for (let run = 0; run < runs; run += 1) {
    if (minutes() > minutesMax) {
      print(`${minutesMax} minutes are over after ${run} of ${runs} runs`);
      return false;
    }
    const account = await playPipeline(seed + run, stages, messages).catch((error: unknown) => {
      print(`run ${run} with seed ${seed + run} failed`);
      throw error;
    });
    for (const key of ['messages', 'handled', 'repeated', 'letters', 'lost', 'restarts'] as const)
      sum[key] += account[key];
    if (account.lost > 0) {
      print(`${account.lost} lost: npm run losses -- --runs 1 --messages ${messages} --seed ${seed + run}`);
      return false;
    }
    if ((run + 1) % runsPerLine === 0)
      print(`${run + 1} runs in ${minutes().toFixed(1)} min: ${JSON.stringify(sum)}`);
  }
  return true;
}

print(`npm run losses -- --runs ${runs} --messages ${messages} --seed ${seed}`);
const isWhole = await play();
print(
  `${sum.messages} messages in ${minutes().toFixed(1)} min, ${sum.restarts} restarts: ${sum.handled} handled ` +
    `(${sum.repeated} more than once), ${sum.letters} dead letters, ${sum.lost} lost`,
);
process.exitCode = isWhole ? 0 : 1;
