/**
 * A process that appends entries to the history named by its argument until it is killed or has done as many batches as
 * its second argument says, and prints what was confirmed: `ack SEQ ID…` after each batch, `fault CODE` for a refusal.
 */
import { writeSync } from 'node:fs';
import { entry, messageId, peer, request, start } from './driver.js';

const [file = '', batches = '1000000', firstId = '0'] = process.argv.slice(2);
// Written synchronously: a confirmation that a kill swallows would only make the test weaker.
const say = (text: string): void => void writeSync(1, `${text}\n`);

const opened = await start(file);
if (opened.isErr()) {
  say(`refused ${opened.error.code}`);
  process.exit(0);
}
const history = opened.value;
let number = Number(firstId);
for (let batch = 0; batch < Number(batches); batch += 1) {
  const numbers = Array.from({ length: 1 + (batch % 7) }, () => (number += 1));
  const answers = await history.batch<'append' | 'mark'>([
    ...numbers.map((one) => request('append', { entries: [entry(one, { text: `message ${String(one)}` })] })),
    request('mark', { peerId: peer(1), ids: [messageId(number - 8)], state: 'delivered' }),
  ]);
  for (const [i, answer] of answers.slice(0, -1).entries()) {
    if (answer.isOk() && 'seqs' in answer.value)
      say(`ack ${String(answer.value.seqs[0])} ${String(numbers[i])}`);
    else if (answer.isErr()) say(`fault ${answer.error.code}`);
  }
  if (answers.some((answer) => answer.isErr())) await history.idle();
}
await history.stop();
