/** `parlance hub`: the directory server of chatbuddy. It needs no node and no home. */
import { catalogue } from '../../text/catalogue.js';
import { escapeForTerminal, startHub } from '../../../index.js';
import { roles as limits } from '../limits.js';
import type { Output } from '../screen/output.js';
import { settingsOfEnv } from '../options/settings.js';
import { usage, type RunContext } from '../run.js';
import type { ExitCode } from '../screen/wording.js';

/** Arguments of the hub command. */
export interface HubCommandOptions {
  /** Number of users; `null`: 100, as in the older program. */
  readonly maxUsers: number | null;
}

/** Runs the hub until a signal. Exit code 6 when the port is taken: its clients know no other port. */
export async function hub(context: RunContext, { maxUsers }: HubCommandOptions): Promise<ExitCode> {
  const { world, output, stopped, common } = context;
  const settings = settingsOfEnv(world.env);
  if (settings.isErr()) return output.failure(usage('hub', settings.error));
  // The port in the environment is the port of the node.
  const { bind = settings.value.bind, port } = common.node;
  const log = new HubLog(output);
  const started = await startHub({
    log: (line) => log.write(line),
    portStrict: true,
    ...(bind === undefined ? {} : { bind }),
    ...(port === undefined ? {} : { port }),
    ...(maxUsers === null ? {} : { maxUsers }),
  });
  if (started.isErr()) return output.failure(started.error);
  const { address, addresses, port: opened, close } = started.value;
  const hosts = addresses.length === 0 ? [address] : addresses;
  await output.result(
    { type: 'ready', address, port: opened, pid: process.pid },
    catalogue().menus.hubListens(hosts.map((host) => `${host}:${opened}`).join(', ')),
  );
  await new Promise<void>((resolve) => {
    if (stopped.aborted) resolve();
    else stopped.addEventListener('abort', () => resolve(), { once: true });
  });
  await close();
  await log.settled();
  if (output.isJson) await output.result({ type: 'bye' }, null);
  return 0;
}

/** The log of the hub, written line by line. A slow reader gets the number of omitted lines in their place. */
class HubLog {
  readonly #output: Output;
  readonly #waiting: string[] = [];
  #omitted = 0;
  #writing: Promise<void> | null = null;

  constructor(output: Output) {
    this.#output = output;
  }

  write(line: string): void {
    // After an omitted line all lines are omitted until their number is written.
    if (this.#omitted > 0 || this.#waiting.length >= limits.hubLinesWaitingMax) this.#omitted += 1;
    else this.#waiting.push(line);
    this.#writing ??= this.#write();
  }

  /** Waits until all lines are written. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  async #write(): Promise<void> {
    for (let line = this.#next(); line !== null; line = this.#next())
      await this.#output.result({ type: 'hub', line }, escapeForTerminal(line));
    this.#writing = null;
  }

  #next(): string | null {
    const line = this.#waiting.shift();
    if (line !== undefined) return line;
    if (this.#omitted === 0) return null;
    const words = catalogue().menus.linesOmitted(this.#omitted);
    this.#omitted = 0;
    return words;
  }
}
