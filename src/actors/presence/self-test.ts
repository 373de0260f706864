/**
 * A test of the ways by which beacons travel, for a machine on which no node runs: one datagram to each target, which
 * should come back to this machine. No program takes the datagram for an announcement, and it goes to no port on which
 * the oldest dialect listens.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { bindsOf, isFamilyMissing, readInterfaces } from '../interfaces.js';
import { isV6 } from '../../wire/address-space.js';
import { joinGroups, receiverOf, type BeaconReceiver } from './groups.js';
import { beaconSocket as limits } from './limits.js';
import { beaconTargets, broadcastBinds, goodbyePorts, isBroadcast } from './targets.js';
import { openUdp, sendUdp } from './udp.js';

/** The result for one target. */
export interface Returned {
  readonly target: string;
  /** Error code of sending; null: it was sent. */
  readonly problem: string | null;
  readonly isHeard: boolean;
}

/** Arguments of the test. */
export interface SelfTestOptions {
  readonly bind: string;
  /** Targets of the announcements of the node; null: its default targets. */
  readonly targets: readonly string[] | null;
  readonly beaconPorts: readonly number[];
}

/** Returns the error code of listening on a beacon port; null: it can be listened on. */
export async function udpProblem(binds: readonly string[], port: number): Promise<string | null> {
  let problem: string | null = null;
  for (const address of binds) {
    const opened = await openUdp({ address, port, isShared: true, onDatagram: ignore, onError: ignore });
    if (opened.isOk()) opened.value.close();
    else if (!isFamilyMissing(address, opened.error)) problem ??= opened.error;
  }
  return problem;
}

const ignore = (): void => undefined;

/** Sends the test datagrams, and waits until all are back, at most `selfTestMs`. */
export async function selfTest(options: SelfTestOptions): Promise<readonly Returned[]> {
  const [port] = [...goodbyePorts(options.beaconPorts), ...options.beaconPorts];
  if (port === undefined) return [];
  const results = await Promise.all(
    bindsOf(options.bind).map((bind) => testFrom(bind, port, options.targets)),
  );
  return results.flat();
}

async function testFrom(
  bind: string,
  port: number,
  requested: readonly string[] | null,
): Promise<readonly Returned[]> {
  const interfaces = readInterfaces();
  const token = randomBytes(12).toString('hex');
  const heard = new Set<string>();
  const targets = beaconTargets(bind, requested, interfaces).map(({ address }) => address);
  const wordOf = (target: string): string => JSON.stringify({ 'parlance-test': `${token} ${target}` });
  const words = new Map(targets.map((target) => [wordOf(target), target]));
  const onDatagram = (bytes: Uint8Array): void => {
    const target = words.get(Buffer.from(bytes).toString('utf8'));
    if (target !== undefined) heard.add(target);
  };
  const receivers: BeaconReceiver[] = [];
  for (const address of [bind, ...broadcastBinds(bind, interfaces)]) {
    const opened = await openUdp({ address, port, isShared: true, onDatagram, onError: ignore });
    if (opened.isOk()) receivers.push(receiverOf(opened.value, bind));
  }
  joinGroups(receivers, interfaces);
  const sender = await openUdp({
    address: bind,
    port: 0,
    isShared: false,
    onDatagram: ignore,
    onError: ignore,
  });
  try {
    if (sender.isErr() || receivers.length === 0) return [];
    const socket = sender.value;
    const sent = await Promise.all(
      targets.map(async (target) => {
        const bytes = Buffer.from(wordOf(target));
        return { target, problem: await sendUdp(socket, bytes, target, port) };
      }),
    );
    const awaited = sent.filter(
      ({ target, problem }) => problem === null && (isV6(target) || isBroadcast(target, interfaces)),
    );
    for (let waitedMs = 0; waitedMs < limits.selfTestMs; waitedMs += limits.selfTestPollMs) {
      if (awaited.every(({ target }) => heard.has(target))) break;
      await delay(limits.selfTestPollMs);
    }
    return sent.map(({ target, problem }) => ({ target, problem, isHeard: heard.has(target) }));
  } finally {
    for (const receiver of receivers) receiver.socket.close();
    if (sender.isOk()) sender.value.close();
  }
}
