/** The arguments and help of `history`. */
import { catalogue } from '../text/catalogue.js';
import { Option, type Command } from 'commander';
import { arg } from './options/common-options.js';
import { count } from './options/values.js';
import type { RunContext } from './run.js';
import type { ExitCode } from './screen/wording.js';

type Runs = (command: Command, body: (context: RunContext) => Promise<ExitCode>) => Promise<void>;

interface HistoryFlags {
  readonly search?: string;
  readonly revisions?: boolean;
  readonly since?: string;
  readonly until?: string;
  readonly limit?: number;
  readonly export?: string;
  readonly force?: boolean;
  readonly bom?: boolean;
  readonly delete?: boolean;
  readonly before?: string;
  readonly id?: string;
  readonly yes?: boolean;
}

/** Adds the command to the program. `base` adds the common options. */
export function addHistory(program: Command, base: (command: Command) => Command, runs: Runs): void {
  base(program.command('history'))
    .description(catalogue().help.history)
    .argument('[peer]')
    .option('--revisions', catalogue().help.historyEdits)
    .option('--search <query>', catalogue().help.historySearch)
    .option('--since <time>', catalogue().help.historySince)
    .option('--until <time>', catalogue().help.historyUntil)
    .addOption(new Option('--limit <n>', catalogue().help.historyLimit).argParser(arg(count)))
    .option('--export <file>', catalogue().help.historyExport)
    .option('--force', catalogue().help.historyForce)
    .addOption(
      new Option('--delete', catalogue().help.historyDelete).conflicts([
        'search',
        'since',
        'until',
        'limit',
        'export',
      ]),
    )
    .addOption(new Option('--before <time>', catalogue().help.historyBefore))
    .addOption(new Option('--id <id>', catalogue().help.historyId))
    .addOption(new Option('--yes', catalogue().help.historyYes))
    .option('--bom', catalogue().help.historyBom)
    .action((peer: string | undefined, options: HistoryFlags, command: Command) =>
      runs(command, async (context) => {
        if (options.delete === true) {
          const { eraseHistory } = await import('./commands/home/erase.js');
          const { before = null, id = null, yes = false } = options;
          return eraseHistory(context, { peer: peer ?? null, before, id, isConfirmed: yes });
        }
        const { history } = await import('./commands/history.js');
        return history(context, {
          peer: peer ?? null,
          search: options.search ?? null,
          hasEarlier: options.revisions === true,
          since: options.since ?? null,
          until: options.until ?? null,
          limit: options.limit ?? null,
          exportFile: options.export ?? null,
          isForced: options.force === true,
          hasBom: options.bom === true,
        });
      }),
    );
}
