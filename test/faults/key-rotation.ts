/** A process that replaces the session key of the home named by its argument a number of times, as a running node does. */
import { writeSync } from 'node:fs';
import { openHome } from '../../src/home/home.js';
import { loadIdentity, renewStaticKey } from '../../src/home/identity-file.js';

const [directory = '', times = '1'] = process.argv.slice(2);
const yearMs = 366 * 24 * 3_600_000;
const home = openHome(directory)._unsafeUnwrap();
let nowMs = Date.now();
let vault = loadIdentity(home, nowMs)._unsafeUnwrap();
for (let time = 0; time < Number(times); time += 1) {
  writeSync(1, `serial ${vault.certificateSerial}\n`);
  nowMs += yearMs;
  vault = renewStaticKey(home, vault, nowMs)._unsafeUnwrap();
}
writeSync(1, `serial ${vault.certificateSerial}\n`);
home.release();
