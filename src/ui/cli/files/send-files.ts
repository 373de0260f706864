/** `send PEER --file PATH…`: offers files and waits for their way. */
import { catalogue } from '../../text/catalogue.js';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { newMessageId, type OfferWishes, type TransferEvent } from '../../../index.js';
import { reasonOf } from '../../../system-errors.js';
import type { Attachment } from '../attach.js';
import type { CliError } from '../errors.js';
import { EndReason, until, untilKnown, usage, withNode, type RunContext } from '../run.js';
import type { ExitCode } from '../screen/wording.js';
import { TransferRows } from './rows.js';
import { transferName } from './words.js';

/** Arguments of `send --file`. */
export interface SendFilesOptions {
  readonly peer: string;
  readonly paths: readonly string[];
  /** Name of what comes from stdin; null: nothing does. */
  readonly as: string | null;
  readonly comment: string;
  readonly wishes: OfferWishes;
  readonly wait: 'queued' | 'accepted' | 'delivered';
  /** Null: a transfer that was accepted takes the time that it takes. */
  readonly timeoutMs: number | null;
}

/** Time that an offer waits for an answer, unless `--timeout` says otherwise. */
const answerMs = 30_000;

/** Offers files. Exit codes: 4 where the wanted state was not reached in time; the offer stays. */
export async function sendFiles(context: RunContext, options: SendFilesOptions): Promise<ExitCode> {
  const { output } = context;
  const isStdin = options.paths.includes('-');
  if (isStdin && (options.as === null || basename(options.as) !== options.as || options.as === ''))
    return output.failure(usage('send', catalogue().files.stdinNeedsName));
  if (isStdin && options.paths.length > 1) return output.failure(usage('send', catalogue().files.stdinAlone));
  if (!isStdin && options.as !== null) return output.failure(usage('send', catalogue().files.asBelongs));
  return withNode(context, async (attachment) => {
    if (!isStdin) return offer(context, options, attachment, '');
    const spool = join(attachment.home, 'transfers', 'spool', newMessageId());
    const kept = await spoolStdin(context, join(spool, options.as ?? ''));
    const outcome =
      kept === null ? await offer(context, options, attachment, spool) : await output.failure(kept);
    // An offer that was not taken leaves its bytes behind.
    if (outcome !== 0 && outcome !== 4) await rm(spool, { recursive: true, force: true });
    return outcome;
  });
}

/** Keeps stdin in a file of the home, since it cannot be read twice. */
async function spoolStdin({ world, stopped }: RunContext, file: string): Promise<CliError | null> {
  try {
    await mkdir(join(file, '..'), { recursive: true, mode: 0o700 });
    await pipeline(world.stdin, createWriteStream(file, { mode: 0o600, flags: 'wx' }), { signal: stopped });
    return null;
  } catch (cause) {
    return stopped.aborted
      ? { code: 'command/stopped' }
      : { code: 'command/file', file, reason: reasonOf(cause) };
  }
}

async function offer(
  context: RunContext,
  options: SendFilesOptions,
  { node, ageMs, home }: Attachment,
  spool: string,
): Promise<ExitCode> {
  const { output, stopped, world } = context;
  const { peer, comment, wishes } = options;
  const id = newMessageId();
  const timer = new AbortController();
  const endReason = new EndReason();
  // Subscribe first: the answer may come before the reply.
  const events = until(node.events(), AbortSignal.any([stopped, timer.signal]));
  const paths = spool === '' ? options.paths.map((path) => resolve(path)) : [join(spool, options.as ?? '')];
  const offered = await untilKnown(
    () => node.offerFiles(peer, paths, { id, comment, wishes, ...(spool === '' ? {} : { spool }) }),
    {
      ageMs,
      signal: stopped,
    },
  );
  if (offered.isErr()) return output.failure(offered.error);
  for (const note of offered.value.notes ?? []) output.note(note);
  const rows = new TransferRows(world, output);
  await rows.show(offered.value);
  if (options.wait === 'queued') return 0;
  let limit = setTimeout(() => timer.abort(), options.timeoutMs ?? answerMs);
  let isAccepted = false;
  let last: TransferEvent = offered.value;
  try {
    for await (const event of events) {
      endReason.read(event);
      if (event.type !== 'transfer' || event.id !== id) continue;
      last = event;
      await rows.show(event);
      if (!isAccepted && isUnderWay(event)) {
        isAccepted = true;
        clearTimeout(limit);
        if (options.timeoutMs !== null) limit = setTimeout(() => timer.abort(), options.timeoutMs);
      }
      if (event.state === 'done' || (isAccepted && options.wait === 'accepted')) return 0;
      if (event.state === 'declined' || event.state === 'stopped' || event.state === 'expired')
        return await output.failure({
          code: 'command/not-transferred',
          peer: event.peer,
          name: event.name,
          state: event.state,
          reason: event.reason ?? '',
        });
    }
  } finally {
    clearTimeout(limit);
    rows.end();
  }
  if (stopped.aborted) return output.failure({ code: 'command/stopped' });
  if (!timer.signal.aborted)
    return output.failure(
      endReason.fault() ?? { code: 'api/lost', detail: catalogue().files.nodeEnded(home) },
    );
  const what = isAccepted
    ? catalogue().files.notDelivered(transferName(last))
    : catalogue().files.notAccepted(transferName(last));
  return output.failure({ code: 'command/transfer-open', what });
}

const isUnderWay = ({ state }: TransferEvent): boolean =>
  state === 'accepted' || state === 'sending' || state === 'paused' || state === 'done';
