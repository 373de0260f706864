/** A role or menu as its user runs it: lines in, lines out. */
import type { TestContext } from 'node:test';
import { listenBlocking } from './standins/blocking-socket.js';
import { playProgram } from './played-program.js';
import { temporaryHome, type Program } from './program.js';
import { freeUdpPort } from './free-port.js';

export interface RoleProgram extends Program {
  readonly home: string;
  readonly beaconPort: number;
  /** Types lines. */
  type(...lines: readonly string[]): void;
}

/** `--port` is left to the roles that give it a meaning of their own. */
export async function runRole(
  context: TestContext,
  args: readonly string[],
  options: {
    readonly home?: string;
    readonly beaconPort?: number;
    readonly bind?: string;
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Promise<RoleProgram> {
  const home = options.home ?? temporaryHome(context);
  const beaconPort = options.beaconPort ?? (await freeUdpPort());
  const scene = ['--home', home, '--bind', options.bind ?? '127.0.0.1', '--broadcast', '127.0.0.1'];
  const all = [...args, ...scene, '--beacon-port', String(beaconPort)];
  const program = playProgram(context, all, { PARLANCE_PORT: '0', PARLANCE_NAME: 'nora', ...options.env });
  return {
    ...program,
    home,
    beaconPort,
    type: (...lines) => program.write(lines.map((line) => `${line}\n`).join('')),
  };
}

/** A port at which nobody listens: it was free a moment ago. */
export async function closedPort(): Promise<number> {
  const server = await listenBlocking('127.0.0.1', 0);
  await server.close();
  return server.port;
}

/** The port in a line like `You can be reached at 127.0.0.1:4711.` */
export const portIn = (line: string): number => Number(/:(\d+)/.exec(line)?.[1]);
