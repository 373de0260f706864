/** The arguments and help of `history`. */
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
    .description('print the transcript, oldest first')
    .argument('[peer]')
    .option('--revisions', 'print the earlier texts of edited messages, too')
    .option(
      '--search <query>',
      'find all of these words, or "a phrase"; filters: from:me from:PEER in:PEER has:file|link|reaction is:unread|edited before:TIME after:TIME',
    )
    .option('--since <time>', 'begin at 2026-05-01, 2026-05-01T14:30, 14:30, 2h, yesterday')
    .option('--until <time>', 'end at this time, in the forms of --since')
    .addOption(new Option('--limit <n>', 'print at most the N newest messages').argParser(arg(count)))
    .option('--export <file>', 'write .txt, .json or .csv')
    .option('--force', 'replace a file that exists')
    .addOption(
      new Option('--delete', 'delete the messages from this home; asks first').conflicts([
        'search',
        'since',
        'until',
        'limit',
        'export',
      ]),
    )
    .addOption(new Option('--before <time>', '--delete: only messages older than this'))
    .addOption(new Option('--id <id>', '--delete: only the message with this id'))
    .addOption(new Option('--yes', '--delete: do not ask'))
    .option('--bom', 'begin a .csv with a byte order mark, for Excel')
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
