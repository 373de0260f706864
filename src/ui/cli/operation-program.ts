/** The commands about messages that were sent or received, with their arguments and help. */
import type { Command } from 'commander';
import type { RunContext } from './run.js';
import type { ExitCode } from './screen/wording.js';

type Runs = (command: Command, body: (context: RunContext) => Promise<ExitCode>) => Promise<void>;

const aboutId =
  'the message: its id, at least the last 4 characters of it, ^1 your last one, @1 the last received';

/** Adds the commands to the program. `base` adds the common options. */
export function addOperationCommands(
  program: Command,
  base: (command: Command) => Command,
  runs: Runs,
): void {
  const add = (name: string, does: string): Command =>
    base(program.command(name)).description(does).argument('<id>', aboutId);
  add('edit', 'change the text of a message that you sent')
    .argument('<text...>')
    .option('--in <peer>', 'look in the conversation with this peer alone')
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
  add(
    'delete',
    'remove a message here, and ask the other side to remove it; a reader who copied or exported it has it',
  )
    .option('--for-me', 'remove it here alone; works for received messages, too')
    .option('--in <peer>', 'look in the conversation with this peer alone')
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
  add('copy', 'put the text of a message on the clipboard of the desktop')
    .option('--in <peer>', 'look in the conversation with this peer alone')
    .action((word: string, { in: peer = null }: { in?: string | null }, command: Command) =>
      runs(command, async (context) => (await import('./clipboard/copy.js')).copy(context, { word, peer })),
    );
  add('react', 'react to a message with an emoji')
    .argument('<emoji>')
    .option('--off', 'take the reaction back')
    .option('--in <peer>', 'look in the conversation with this peer alone')
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
