/** The roles and menus of the five older programs as commands, with their arguments and help. */
import { Argument, Option, type Command } from 'commander';
import { unreachable } from '../../../exhaustive.js';
import { foreignDialectNames, type ForeignDialectName } from '../../../index.js';
import { arg } from '../options/common-options.js';
import { count } from '../options/values.js';
import { usage, type RunContext } from '../run.js';
import type { ExitCode } from '../screen/wording.js';

type Runs = (command: Command, body: (context: RunContext) => Promise<ExitCode>) => Promise<void>;
type Base = (command: Command) => Command;

export function addRoleCommands(program: Command, base: Base, runs: Runs): void {
  addHub(program, base, runs);
  for (const [name, does] of [
    ['announce', 'cmp2204: tells who you are every 8 s, until a signal'],
    ['discover', 'cmp2204: who announces itself, also in online_peers.txt of the home'],
    ['respond', 'cmp2204: prints messages that come in, also in chat_history.txt of the home'],
  ] as const) {
    base(program.command(name))
      .description(does)
      .action((_options: object, command: Command) =>
        runs(command, async (context) => (await import('./cmp2204.js'))[name](context)),
      );
  }
  base(program.command('initiate'))
    .description('cmp2204: the menu with Users, Chat, History and Exit')
    .action((_options: object, command: Command) =>
      runs(command, (context) => menuOf(context, 'cmp2204', null)),
    );
  addTalks(program, base, runs);
  base(program.command('menu'))
    .description('the menu of an older program')
    .addArgument(new Argument('<dialect>').choices(foreignDialectNames))
    .option('--hub <host:port>', 'chatbuddy: the hub that tells who is online')
    .action((dialect: ForeignDialectName, options: { hub?: string }, command: Command) =>
      runs(command, (context) => menuOf(context, dialect, options.hub ?? null)),
    );
}

function addHub(program: Command, base: Base, runs: Runs): void {
  const hub = base(program.command('hub'))
    .description('chatbuddy: the directory server (TCP 8080), until a signal')
    .addOption(new Option('--max-users <n>', 'refuse more than so many (default 100)').argParser(arg(count)))
    .action((options: { maxUsers?: number }, command: Command) =>
      runs(command, async (context) =>
        (await import('./hub.js')).hub(context, { maxUsers: options.maxUsers ?? null }),
      ),
    );
  describePort(hub, 'TCP port (default 8080)');
}

const beep = (): Option => new Option('--beep', 'a sound with each message');

function addTalks(program: Command, base: Base, runs: Runs): void {
  const wait = base(program.command('wait'))
    .description('cse310: waits for somebody who connects, then every line is a message')
    .addOption(beep())
    .action((options: { beep?: boolean }, command: Command) =>
      runs(command, async (context) => {
        const { port, ...node } = context.common.node;
        const { wait: role } = await import('./menus/cse310.js');
        const rest = { ...context, common: { ...context.common, node } };
        return role(rest, { port: port ?? null, isBeeping: options.beep === true });
      }),
    );
  describePort(wait, 'TCP port that is waited on (default 65500)');
  base(program.command('connect'))
    .description('cse310: connects to somebody who waits, then every line is a message')
    .argument('[address]', 'ADDR or ADDR:PORT; asked for where it is missing')
    .addOption(beep())
    .action((address: string | undefined, options: { beep?: boolean }, command: Command) =>
      runs(command, async (context) => {
        const { connect } = await import('./menus/cse310.js');
        return connect(context, { address: address ?? null, isBeeping: options.beep === true });
      }),
    );
}

/** Here `--port` is the port of the role. */
function describePort(command: Command, words: string): void {
  const option = command.options.find(({ long }) => long === '--port');
  if (option === undefined) return;
  option.description = words;
  option.helpGroup('Options:');
}

async function menuOf(
  context: RunContext,
  dialect: ForeignDialectName,
  hub: string | null,
): Promise<ExitCode> {
  if (hub !== null && dialect !== 'chatbuddy')
    return context.output.failure(usage('menu', `${dialect} knows no hub`));
  switch (dialect) {
    case 'cmp2204':
      return (await import('./menus/cmp2204.js')).initiate(context);
    case 'chatbuddy':
      return (await import('./menus/chatbuddy.js')).chatbuddyMenu(context, hub);
    case 'synergy':
      return (await import('./menus/synergy.js')).synergyMenu(context);
    case 'cse310':
      return (await import('./menus/cse310.js')).cse310Menu(context);
    case 'netech':
      return (await import('./menus/netech.js')).netechMenu(context);
    default:
      return unreachable(dialect);
  }
}
