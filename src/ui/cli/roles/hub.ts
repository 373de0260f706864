/** `parlance hub`: the directory of chatbuddy. Needs no node and no home. */
import { escapeForTerminal, startHub } from '../../../index.js';
import type { RunContext } from '../run.js';
import type { ExitCode } from '../wording.js';

export interface HubCommandOptions {
  /** `null`: 100, as the older program says of itself. */
  readonly maxUsers: number | null;
}

/** Runs until a signal. Exit code 6 where the port is taken: its clients know no other. */
export async function hub(context: RunContext, { maxUsers }: HubCommandOptions): Promise<ExitCode> {
  const { output, stopped, common } = context;
  const { bind, port } = common.node;
  // Lines are written one after the other, also while a slow reader holds one up.
  let written: Promise<void> = Promise.resolve();
  const log = (line: string): void => {
    const safe = escapeForTerminal(line);
    written = written.then(() => output.result({ type: 'hub', line }, safe));
  };
  const started = await startHub({
    log,
    portStrict: true,
    ...(bind === undefined ? {} : { bind }),
    ...(port === undefined ? {} : { port }),
    ...(maxUsers === null ? {} : { maxUsers }),
  });
  if (started.isErr()) return output.failure(started.error);
  const { address, port: opened, close } = started.value;
  await output.result(
    { type: 'ready', address, port: opened, pid: process.pid },
    `The hub listens on ${address}:${opened}. Ctrl-C ends it.`,
  );
  await new Promise<void>((resolve) => {
    if (stopped.aborted) resolve();
    else stopped.addEventListener('abort', () => resolve(), { once: true });
  });
  await close();
  await written;
  if (output.isJson) await output.result({ type: 'bye' }, null);
  return 0;
}
