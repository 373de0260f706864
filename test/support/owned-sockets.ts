/** The TCP connections of a process as the kernel lists them, for tests that do not rely on the program's own figures. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Linux alone lists the sockets of a process. */
export const canSeeSockets = process.platform === 'linux';

/** The inodes of the established connections at this local port that the process holds open. */
export function ownedAt(pid: number, port: number): readonly string[] {
  const owned = new Set(inodesOf(pid));
  return ['tcp', 'tcp6'].flatMap((table) =>
    rowsOf(pid, table)
      .filter(
        ({ localPort, isEstablished, inode }) => localPort === port && isEstablished && owned.has(inode),
      )
      .map(({ inode }) => inode),
  );
}

function inodesOf(pid: number): readonly string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).flatMap((fd) => {
    try {
      return /^socket:\[(\d+)\]$/u.exec(readlinkSync(`${folder}/${fd}`))?.[1] ?? [];
    } catch {
      // Closed since the folder was read.
      return [];
    }
  });
}

const establishedState = '01';

function rowsOf(pid: number, table: string) {
  const lines = readFileSync(`/proc/${pid}/net/${table}`, 'utf8').trim().split('\n').slice(1);
  return lines.map((line) => {
    const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/u);
    const localPort = Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16);
    return { localPort, isEstablished: state === establishedState, inode };
  });
}
