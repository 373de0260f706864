/** `files`: the transfers of this home, and decisions about them. */
import { catalogue } from '../../text/catalogue.js';
import { resolve } from 'node:path';
import type { AcceptOptions, TransferEvent } from '../../../index.js';
import { until, usage, withHome, withNode, type RunContext } from '../run.js';
import type { FilesVerb } from '../options/verbs.js';
import type { ExitCode } from '../screen/wording.js';
import { TransferRows } from './rows.js';
import { transferLine } from './words.js';

/** Arguments of `files`. */
export interface FilesOptions {
  readonly verb: FilesVerb;
  readonly id: string | null;
  /** Where accepted files go, as it was typed; null: where they usually go. */
  readonly to: string | null;
  readonly isWatching: boolean;
  readonly wishes: AcceptOptions;
}

/** Runs one verb of `files`. */
export async function files(context: RunContext, options: FilesOptions): Promise<ExitCode> {
  const { output, stopped } = context;
  const { verb, id, to, isWatching, wishes } = options;
  if (verb !== 'list' && id === null) return output.failure(usage('files', catalogue().files.needsId(verb)));
  if (to !== null && verb !== 'accept')
    return output.failure(usage('files', catalogue().files.toBelongsToAccept));
  const [wish] = Object.keys(wishes);
  if (wish !== undefined && verb !== 'accept')
    return output.failure(
      usage('files', catalogue().files.belongsToAccept(wish === 'overwrite' ? '--overwrite' : '--keep-mode')),
    );
  // A list is read from the home where no node runs.
  const attached = verb === 'list' && !isWatching ? withHome : withNode;
  return attached(context, async ({ node }) => {
    if (verb !== 'list') {
      const done = await node.actOnTransfer(id ?? '', verb, to === null ? null : resolve(to), wishes);
      if (done.isErr()) return output.failure(done.error);
      await output.result(done.value, transferLine(done.value, output.colors));
      return 0;
    }
    // Subscribe first, so that no change is missed between the list and the events.
    const events = isWatching ? node.events() : null;
    const all = await node.transfers();
    if (all.isErr()) return output.failure(all.error);
    await output.results(
      all.value,
      all.value.map((each: TransferEvent) => transferLine(each, output.colors)),
    );
    if (all.value.length === 0 && !isWatching) output.note(catalogue().files.noTransfer);
    if (events === null) return 0;
    const rows = new TransferRows(context.world, output);
    for await (const event of until(events, stopped)) if (event.type === 'transfer') await rows.show(event);
    rows.end();
    return 0;
  });
}
