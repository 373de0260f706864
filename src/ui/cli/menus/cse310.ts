/** The two roles of cse310: one waits, the other connects; then every line is a message. */
import { escapeName, type NodeEvent, type ParlanceError } from '../../../index.js';
import { legacyPorts } from '../../../limits.js';
import type { NodeSettings } from '../options.js';
import { addressesOf } from '../roles/role.js';
import { usage, type RunContext } from '../run.js';
import { lineOf, wordingOf, type ExitCode } from '../wording.js';
import { readQuadAndPort } from './answers.js';
import { awaitPartner, converse, type Manners } from './conversation.js';
import { runMenu } from './menu.js';
import { withMenu, type MenuSession } from './session.js';

export interface WaitOptions {
  /** `null`: 65500, or what the settings say. */
  readonly port: number | null;
  readonly isBeeping: boolean;
}

/** Waits for one peer and talks with it until one of the two leaves. */
export function wait(context: RunContext, { port, isBeeping }: WaitOptions): Promise<ExitCode> {
  const adjust = (settings: NodeSettings): NodeSettings =>
    port === null ? settings : { ...settings, listen: [...(settings.listen ?? []), `cse310=${port}`] };
  return withMenu(context, { dialect: 'cse310', adjust, isFarewellSaid: false }, (menu) => {
    if (isBeeping) beep(menu);
    return waitHere(menu);
  });
}

export interface ConnectOptions {
  /** `ADDR` or `ADDR:PORT`; `null`: asked for. */
  readonly address: string | null;
  readonly isBeeping: boolean;
}

/** Exit codes: 1 where nobody waits there; 2 without an address. */
export async function connect(
  context: RunContext,
  { address, isBeeping }: ConnectOptions,
): Promise<ExitCode> {
  let outcome: ExitCode = 0;
  const exit = await withMenu(context, { dialect: 'cse310', isFarewellSaid: false }, async (menu) => {
    if (isBeeping) beep(menu);
    const failure = await connectFrom(menu, address);
    if (failure !== null) outcome = await context.output.failure(failure);
  });
  return exit === 0 ? outcome : exit;
}

/** Both roles, one after the other as often as the user likes. */
export const cse310Menu = (context: RunContext): Promise<ExitCode> =>
  withMenu(context, { dialect: 'cse310', isFarewellSaid: true }, (menu) =>
    runMenu(menu.dialog, 'Talk with cse310', [
      { key: '1', label: 'wait', act: () => waitHere(menu) },
      {
        key: '2',
        label: 'connect',
        act: async () => {
          const failure = await connectFrom(menu, null);
          if (failure !== null) menu.dialog.say(lineOf(wordingOf(failure)));
        },
      },
      { key: '0', label: 'exit', act: null },
    ]),
  );

async function waitHere(menu: MenuSession): Promise<void> {
  const { dialog, events, role } = menu;
  dialog.say(`Waiting at ${addressesOf(role).join(', ')}.`);
  // A pipe that has ended says nothing about how long to wait; at a terminal Ctrl-C and Ctrl-D end it.
  const signal = AbortSignal.any([role.context.stopped, events.ended]);
  const partner = await awaitPartner(menu, dialog.isTerminal ? dialog.over : signal);
  if (partner !== null) await talk(menu, partner.peer, true);
}

/** Errors: `command/usage` without an address, and those of `legacyConnect`. */
async function connectFrom(menu: MenuSession, address: string | null): Promise<ParlanceError | null> {
  const typed = await chooseAddress(menu, address);
  if (typed === null) return usage('connect', 'no address was given');
  const connected = await menu.role.node.legacyConnect(`cse310://${typed}`);
  if (connected.isErr()) return connected.error;
  await talk(menu, await idOf(menu, typed), false);
  return null;
}

/** What is no dotted quad is refused and asked again. */
async function chooseAddress({ dialog }: MenuSession, given: string | null): Promise<string | null> {
  const first = given === null ? null : readAddress(given);
  if (first?.isOk() === true) return first.value;
  if (first?.isErr() === true) dialog.say(first.error);
  return dialog.askFor('IPv4 address to connect to:', readAddress);
}

const readAddress = (answer: string) => readQuadAndPort(answer, legacyPorts.cse310);

/** The node's word for the peer at this address, which leaves the usual port out. */
async function idOf({ peers }: MenuSession, typed: string): Promise<string> {
  const row = (await peers()).find(({ address, port }) => `${address}:${port}` === typed);
  return row?.peer ?? `cse310://${typed}`;
}

async function talk(menu: MenuSession, peer: string, isPatient: boolean): Promise<void> {
  menu.dialog.say('Connected. /nickname NEW changes your name, /disconnect ends.');
  await converse(menu, { peer }, mannersOf(menu, isPatient));
}

function mannersOf({ role, dialog, fail }: MenuSession, isPatient: boolean): Manners {
  return {
    endMark: '/disconnect',
    isPatient,
    command: async (line) => {
      const [, name] = /^\/nickname(?:\s+(.*))?$/.exec(line) ?? [];
      if (!line.startsWith('/')) return false;
      if (name === undefined || name === '') dialog.say('There are /nickname NEW and /disconnect.');
      else
        (await role.node.rename(name)).match(
          (self) => dialog.say(`You are called ${escapeName(self.name)} now.`),
          fail,
        );
      return true;
    },
  };
}

/** As the older program does when it is your turn: here, whenever there is something to read. */
function beep({ role, events }: MenuSession): void {
  events.listen((event: NodeEvent) => {
    if (event.type === 'message' && event.direction === 'in' && event.dialect === 'cse310')
      role.context.world.stderr.write('\u0007');
  });
}
