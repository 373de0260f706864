/** The commands about people and about what waits for them, with their arguments and help. */
import { Argument, Option, type Command } from 'commander';
import { presenceWords, type PresenceWord } from '../../index.js';
import {
  contactVerbs,
  outboxVerbs,
  queuedFates,
  type ContactVerb,
  type OutboxVerb,
  type QueuedFate,
} from './options/verbs.js';
import { privacySubjects as subjects, type PrivacySubject as Subject } from './options/verbs.js';
import type { RunContext } from './run.js';
import type { ExitCode } from './screen/wording.js';

type Runs = (command: Command, body: (context: RunContext) => Promise<ExitCode>) => Promise<void>;

/** Adds the commands to the program. `base` adds the common options. */
export function addPeopleCommands(program: Command, base: (command: Command) => Command, runs: Runs): void {
  base(program.command('unread'))
    .description('list the conversations with messages that you have not read')
    .action((_options: object, command: Command) =>
      runs(command, async (context) => (await import('./commands/unread.js')).unread(context)),
    );
  base(program.command('read'))
    .description('print the unread messages of a peer and mark them as read')
    .argument('<peer>')
    .action((peer: string, _options: object, command: Command) =>
      runs(command, async (context) => (await import('./commands/unread.js')).read(context, peer)),
    );
  base(program.command('contact'))
    .description('list contacts; give them an alias or a note; decide about requests and changed keys')
    .addArgument(new Argument('[verb]', 'the decision').choices(contactVerbs).default('list'))
    .argument('[peer]', 'for a changed key with its tag: NAME#TAG')
    .argument('[text...]', 'the alias or the note; without it, the old one is removed')
    .addOption(
      new Option(
        '--queued <fate>',
        'accept: send messages for the old key to the new one, keep them, or drop them',
      ).choices(queuedFates),
    )
    .action(
      (
        verb: ContactVerb,
        peer: string | undefined,
        words: string[],
        options: { queued?: QueuedFate },
        command: Command,
      ) =>
        runs(command, async (context) =>
          (await import('./commands/contacts.js')).contact(context, {
            verb,
            peer: peer ?? null,
            text: words.join(' '),
            queued: options.queued ?? null,
          }),
        ),
    );
  base(program.command('requests'))
    .description('list the strangers that wrote, each with the first message')
    .action((_options: object, command: Command) =>
      runs(command, async (context) => (await import('./commands/contacts.js')).requests(context)),
    );
  addStatus(program, base, runs);
  addPrivacy(program, base, runs);
  base(program.command('outbox'))
    .description('list the messages that wait, cancel them, or try again now')
    .addArgument(new Argument('[verb]', 'list, cancel or retry').choices(outboxVerbs).default('list'))
    .argument('[id]', 'the message: its id, or the last characters of it; without it, all')
    .action((verb: OutboxVerb, id: string | undefined, _options: object, command: Command) =>
      runs(command, async (context) =>
        (await import('./commands/outbox.js')).outbox(context, verb, id ?? null),
      ),
    );
}

function addPrivacy(program: Command, base: (command: Command) => Command, runs: Runs): void {
  base(program.command('privacy'))
    .description('show or choose the peers that learn what you read and that you type; it works both ways')
    .addArgument(new Argument('[subject]', 'receipts, typing or presence').choices(subjects))
    .argument('[value]', 'none, verified or contacts; presence: all or none; with --for: on, off or default')
    .option('--for <peer>', 'choose for this peer alone')
    .action(
      (
        subject: Subject | undefined,
        value: string | undefined,
        options: { for?: string },
        command: Command,
      ) =>
        runs(command, async (context) =>
          (await import('./commands/messages/privacy.js')).privacy(context, {
            subject: subject ?? null,
            value: value ?? null,
            peer: options.for ?? null,
          }),
        ),
    );
}

function addStatus(program: Command, base: (command: Command) => Command, runs: Runs): void {
  base(program.command('status'))
    .description('show the own status, or set it for others to see')
    .addArgument(
      new Argument('[presence]', 'busy mutes notifications; invisible announces nothing').choices(
        presenceWords,
      ),
    )
    .argument('[text...]', 'words that others see with it')
    .option('--until <time>', 'be here again at 13:00, in 2h, tomorrow or at 2026-05-01T14:30')
    .action(
      (presence: PresenceWord | undefined, words: string[], options: { until?: string }, command: Command) =>
        runs(command, async (context) =>
          (await import('./commands/status.js')).status(context, {
            presence: presence ?? null,
            text: words.join(' '),
            until: options.until ?? null,
          }),
        ),
    );
}
