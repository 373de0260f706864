/** The commands about people and about what waits for them, with their arguments and help. */
import { catalogue } from '../text/catalogue.js';
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
    .description(catalogue().help.unread)
    .action((_options: object, command: Command) =>
      runs(command, async (context) => (await import('./commands/unread.js')).unread(context)),
    );
  base(program.command('read'))
    .description(catalogue().help.read)
    .argument('<peer>')
    .action((peer: string, _options: object, command: Command) =>
      runs(command, async (context) => (await import('./commands/unread.js')).read(context, peer)),
    );
  base(program.command('contact'))
    .description(catalogue().help.contact)
    .addArgument(new Argument('[verb]', catalogue().help.contactVerb).choices(contactVerbs).default('list'))
    .argument('[peer]', catalogue().help.contactPeer)
    .argument('[text...]', catalogue().help.contactText)
    .addOption(new Option('--queued <fate>', catalogue().help.contactQueued).choices(queuedFates))
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
    .description(catalogue().help.requests)
    .action((_options: object, command: Command) =>
      runs(command, async (context) => (await import('./commands/contacts.js')).requests(context)),
    );
  addStatus(program, base, runs);
  addPrivacy(program, base, runs);
  base(program.command('outbox'))
    .description(catalogue().help.outbox)
    .addArgument(new Argument('[verb]', catalogue().help.outboxVerb).choices(outboxVerbs).default('list'))
    .argument('[id]', catalogue().help.outboxId)
    .action((verb: OutboxVerb, id: string | undefined, _options: object, command: Command) =>
      runs(command, async (context) =>
        (await import('./commands/outbox.js')).outbox(context, verb, id ?? null),
      ),
    );
}

function addPrivacy(program: Command, base: (command: Command) => Command, runs: Runs): void {
  base(program.command('privacy'))
    .description(catalogue().help.privacy)
    .addArgument(new Argument('[subject]', catalogue().help.privacySubject).choices(subjects))
    .argument('[value]', catalogue().help.privacyValue)
    .option('--for <peer>', catalogue().help.privacyFor)
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
    .description(catalogue().help.status)
    .addArgument(new Argument('[presence]', catalogue().help.statusWord).choices(presenceWords))
    .argument('[text...]', catalogue().help.statusText)
    .option('--until <time>', catalogue().help.statusUntil)
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
