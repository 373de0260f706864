/** The commands about messages that were sent or received, with their arguments and help. */
import { catalogue } from '../text/catalogue.js';
import type { Command } from 'commander';
import type { RunContext } from './run.js';
import type { ExitCode } from './screen/wording.js';

type Runs = (command: Command, body: (context: RunContext) => Promise<ExitCode>) => Promise<void>;

const aboutId = (): string => catalogue().help.message;

/** Adds the commands to the program. `base` adds the common options. */
export function addOperationCommands(
  program: Command,
  base: (command: Command) => Command,
  runs: Runs,
): void {
  const add = (name: string, does: string): Command =>
    base(program.command(name)).description(does).argument('<id>', aboutId());
  add('edit', catalogue().help.edit)
    .argument('<text...>')
    .option('--in <peer>', catalogue().help.inPeer)
    .action((word: string, words: string[], { in: peer = null }: { in?: string | null }, command: Command) =>
      runs(command, async (context) => {
        const operation = { do: 'edit', text: words.join(' ') } as const;
        return (await import('./commands/messages/operations.js')).operate(context, {
          word,
          operation,
          peer,
        });
      }),
    );
  add('delete', catalogue().help.remove)
    .option('--for-me', catalogue().help.removeForMe)
    .option('--in <peer>', catalogue().help.inPeer)
    .action(
      (
        word: string,
        { forMe = false, in: peer = null }: { forMe?: boolean; in?: string | null },
        command: Command,
      ) =>
        runs(command, async (context) => {
          const operation = { do: 'delete', ...(forMe ? { forMe } : {}) } as const;
          return (await import('./commands/messages/operations.js')).operate(context, {
            word,
            operation,
            peer,
          });
        }),
    );
  addTimer(base(program.command('timer')), runs);
  add('copy', catalogue().help.copy)
    .option('--in <peer>', catalogue().help.inPeer)
    .action((word: string, { in: peer = null }: { in?: string | null }, command: Command) =>
      runs(command, async (context) => (await import('./clipboard/copy.js')).copy(context, { word, peer })),
    );
  add('react', catalogue().help.react)
    .argument('<emoji>')
    .option('--off', catalogue().help.reactOff)
    .option('--in <peer>', catalogue().help.inPeer)
    .action(
      (
        word: string,
        emoji: string,
        { off = false, in: peer = null }: { off?: boolean; in?: string | null },
        command: Command,
      ) =>
        runs(command, async (context) => {
          const operation = { do: 'react', emoji, on: !off } as const;
          return (await import('./commands/messages/operations.js')).operate(context, {
            word,
            operation,
            peer,
          });
        }),
    );
}

function addTimer(command: Command, runs: Runs): void {
  command
    .description(catalogue().help.timer)
    .argument('<peer>', catalogue().help.timerPeer)
    .argument('[time]', catalogue().help.timerTime)
    .action((peer: string, time: string | undefined, _options: unknown, called: Command) =>
      runs(called, async (context) =>
        (await import('./commands/messages/timer.js')).timer(context, { peer, time: time ?? null }),
      ),
    );
}
