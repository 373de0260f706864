/**
 * magic-wormhole (Debian: `magic-wormhole`, `python3-magic-wormhole-mailbox-server`) as a reference for transfers of
 * files: its own mailbox server on loopback, its two ends connected directly.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { freeTcpPort } from './free-tcp-port.js';

const isInstalled = (): boolean =>
  ['wormhole', 'twist3'].every((name) =>
    (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, name))),
  );

/** Seconds from the start of both ends until the receiver has the file; null: it is not installed. */
export async function wormholeRound(path: string, place: string): Promise<number | null> {
  if (!isInstalled()) return null;
  mkdirSync(place, { recursive: true });
  const port = await freeTcpPort();
  const endpoint = `tcp:${String(port)}:interface=127.0.0.1`;
  const channels = join(place, 'relay.sqlite');
  const server = spawn('twist3', ['wormhole-mailbox', '-p', endpoint, '--channel-db', channels], {
    stdio: 'ignore',
    cwd: place,
  });
  try {
    await untilListening(port);
    const relay = ['--relay-url', `ws://127.0.0.1:${String(port)}/v1`, '--transit-helper', ''];
    const code = '7-bench-files';
    const startedMs = performance.now();
    const sender = end([...relay, 'send', '--hide-progress', '--code', code, path], place);
    const receiver = end([...relay, 'receive', '--hide-progress', '--accept-file', '-o', 'got', code], place);
    await Promise.all([sender, receiver].map(succeeded));
    return (performance.now() - startedMs) / 1_000;
  } finally {
    server.kill();
    rmSync(place, { recursive: true, force: true });
  }
}

const end = (args: readonly string[], cwd: string): ChildProcess =>
  spawn('wormhole', args, {
    cwd,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
  });

async function succeeded(child: ChildProcess): Promise<void> {
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`wormhole ended with ${String(code)}: ${said}`);
}

async function untilListening(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const answer = await fetch(`http://127.0.0.1:${String(port)}/`).catch(() => null);
    if (answer !== null) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error('the mailbox server of magic-wormhole does not listen');
}
