/** The command `files` with its arguments and help. */
import { catalogue } from '../../text/catalogue.js';
import { Argument, type Command } from 'commander';
import type { AcceptOptions } from '../../../index.js';
import { filesVerbs, type FilesVerb } from '../options/verbs.js';
import type { RunContext } from '../run.js';
import type { ExitCode } from '../screen/wording.js';

type Runs = (command: Command, body: (context: RunContext) => Promise<ExitCode>) => Promise<void>;

/** Adds the command to the program. `base` adds the common options. */
export function addFilesCommand(program: Command, base: (command: Command) => Command, runs: Runs): void {
  base(program.command('files'))
    .description(catalogue().help.files)
    .addArgument(new Argument('[verb]', catalogue().help.filesVerb).choices(filesVerbs).default('list'))
    .argument('[id]', catalogue().help.filesId)
    .option('--to <dir>', catalogue().help.filesTo)
    .option('--overwrite', catalogue().help.filesOverwrite)
    .option('--keep-mode', catalogue().help.filesKeepMode)
    .option('--watch', catalogue().help.filesWatch)
    .action(
      (
        verb: FilesVerb,
        id: string | undefined,
        options: { to?: string; watch?: boolean } & AcceptFlags,
        command: Command,
      ) =>
        runs(command, async (context) =>
          (await import('./files.js')).files(context, {
            verb,
            id: id ?? null,
            to: options.to ?? null,
            isWatching: options.watch === true,
            wishes: given(options),
          }),
        ),
    );
}

/** Runs `recv --files`. */
export async function runRecvFiles(
  context: RunContext,
  directory: string,
  { count, from, timeout, ...flags }: RecvFilesFlags,
): Promise<ExitCode> {
  const { recvFiles } = await import('./recv-files.js');
  return recvFiles(context, {
    directory,
    count: count ?? null,
    from: from ?? null,
    timeoutMs: timeout ?? null,
    wishes: given(flags),
  });
}

interface AcceptFlags {
  readonly overwrite?: boolean;
  readonly keepMode?: boolean;
}

/** The wishes that were typed. */
const given = ({ overwrite, keepMode }: AcceptFlags): AcceptOptions => ({
  ...(overwrite === undefined ? {} : { overwrite }),
  ...(keepMode === undefined ? {} : { keepMode }),
});

interface RecvFilesFlags extends AcceptFlags {
  readonly count?: number | undefined;
  readonly from?: string | undefined;
  readonly timeout?: number | undefined;
}
