/** `parlance hub`: the directory of chatbuddy. Needs no node and no home. */
import { escapeForTerminal, startHub } from '../../../index.js';
import { roles as limits } from '../limits.js';
import type { Output } from '../screen/output.js';
import { settingsOfEnv } from '../options/settings.js';
import { usage, type RunContext } from '../run.js';
import type { ExitCode } from '../screen/wording.js';

export interface HubCommandOptions {
  /** `null`: 100, as the older program says of itself. */
  readonly maxUsers: number | null;
}

/** Runs until a signal. Exit code 6 where the port is taken: its clients know no other. */
export async function hub(context: RunContext, { maxUsers }: HubCommandOptions): Promise<ExitCode> {
  const { world, output, stopped, common } = context;
  const settings = settingsOfEnv(world.env);
  if (settings.isErr()) return output.failure(usage('hub', settings.error));
  // The port of the environment is the node's.
  const { bind = settings.value.bind, port } = common.node;
  const log = new HubLog(output);
  const started = await startHub({
    log: (line) => log.say(line),
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
    `The hub listens on ${hosts.map((host) => `${host}:${opened}`).join(', ')}. Ctrl-C ends it.`,
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

/** Lines one after the other. A reader who is too slow for them is told how many were left out, in their place. */
class HubLog {
  readonly #output: Output;
  readonly #waiting: string[] = [];
  #leftOut = 0;
  #writing: Promise<void> | null = null;

  constructor(output: Output) {
    this.#output = output;
  }

  say(line: string): void {
    // Once a line is left out all are, until the gap was told.
    if (this.#leftOut > 0 || this.#waiting.length >= limits.hubLinesWaitingMax) this.#leftOut += 1;
    else this.#waiting.push(line);
    this.#writing ??= this.#write();
  }

  /** Everything said so far is written. */
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
    if (this.#leftOut === 0) return null;
    const words = `${this.#leftOut} lines were left out: they came faster than they were read.`;
    this.#leftOut = 0;
    return words;
  }
}
