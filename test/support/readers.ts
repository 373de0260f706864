/** All that reads bytes of strangers, each as one function that must return, whatever the bytes are. */
import { foreignDialects } from '../../src/dialects/sniff.js';
import { decodeBeacon, encodeBeacon, encodeBeaconBody, encodeChallenge } from '../../src/wire/beacon.js';
import { parseBoundedJson } from '../../src/wire/json/parse.js';
import { decodeStatus, encodeStatus } from '../../src/wire/status.js';
import { plainOptions } from './captures.js';

export interface Reader {
  readonly name: string;
  /** Valid inputs to begin with; `frames`: those of the foreign dialects. */
  seeds(frames: readonly Uint8Array[]): readonly Uint8Array[];
  read(bytes: Uint8Array): void;
}

const beaconBody = encodeBeaconBody({
  kind: 'announce',
  idKey: new Uint8Array(32).fill(9),
  bootId: new Uint8Array(8),
  seq: 1,
  timeMs: 1,
  tcpPort: 47_900,
  name: 'ann',
  wireVersions: [1],
  certificateSerial: 1,
  nonce: null,
  instance: new Uint8Array(8),
  status: { presence: 'busy', text: 'at lunch', untilMs: 1 },
});
const beacons: readonly Uint8Array[] = [
  encodeBeacon({ username: 'ann', ipAddress: '10.0.0.7', body: beaconBody, signature: new Uint8Array(64) }),
  encodeChallenge(new Uint8Array(16), 200) ?? new Uint8Array(),
  Buffer.from('{"username": "ann", "ip_address": "10.0.0.7"}'),
];

export const readers: readonly Reader[] = [
  ...Object.values(foreignDialects).map((dialect): Reader => ({
    name: dialect.name,
    seeds: (frames) => frames,
    read(bytes) {
      for (const role of ['accept', 'dial'] as const) {
        const machine = dialect.openMachine(role, plainOptions);
        const half = Math.floor(bytes.length / 2);
        machine.receive({ type: 'bytes', bytes: bytes.subarray(0, half) }, 1);
        machine.receive({ type: 'bytes', bytes: bytes.subarray(half) }, 1);
        machine.receive({ type: 'idle' }, 1);
        machine.receive({ type: 'closed' }, 1);
      }
    },
  })),
  { name: 'beacons', seeds: () => beacons, read: (bytes) => void decodeBeacon(bytes) },
  { name: 'JSON', seeds: (frames) => [...frames, ...beacons], read: (bytes) => void parseBoundedJson(bytes) },
  {
    name: 'statuses',
    seeds: () => [encodeStatus({ presence: 'away', text: 'back soon', untilMs: 1_000 })],
    read: (bytes) => void decodeStatus(bytes),
  },
];
