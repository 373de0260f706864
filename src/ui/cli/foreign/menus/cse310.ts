/** The two roles of cse310: one waits, the other connects; then every line is a message. */
import { err, ok, type Result } from 'neverthrow';
import { escapeName, type NodeEvent, type ParlanceError } from '../../../../index.js';
import { foreignPorts } from '../../../../node/limits.js';
import type { NodeSettings } from '../../options/settings.js';
import { addressesOf } from '../role.js';
import { usage, type RunContext } from '../../run.js';
import { lineOf, wordingOf, type ExitCode } from '../../screen/wording.js';
import { readQuadAndPort } from './answers.js';
import { Callers } from './callers.js';
import { awaitPartner, awaitPartnerOrEnter, converse, type Manners, type Partner } from './conversation.js';
import { runMenu } from './menu.js';
import { withMenu, type MenuSession } from './menu-session.js';

export interface WaitOptions {
  /** `null`: 65500, or what the settings say. */
  readonly port: number | null;
  readonly isBeeping: boolean;
}

/** Waits for one peer and talks with it until one of the two leaves. */
export function wait(context: RunContext, { port, isBeeping }: WaitOptions): Promise<ExitCode> {
  const adjust = (settings: NodeSettings): NodeSettings => ({
    ...settings,
    listen: port === null ? settings.listen : [...(settings.listen ?? []), `cse310=${port}`],
    // The port that must be had is the one that is waited on; here `--port` names no other.
    port: settings.portStrict === true ? (settings.port ?? 0) : settings.port,
  });
  return withMenu(context, { dialect: 'cse310', adjust, isFarewellSaid: false }, async (menu) => {
    if (isBeeping) beep(menu);
    const partner = await waitHere(menu);
    if (partner !== null) await talk(menu, partner, true);
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
    const partner = await connectFrom(menu, address);
    if (partner.isOk()) await talk(menu, partner.value, false);
    else outcome = await context.output.failure(partner.error);
  });
  return exit === 0 ? outcome : exit;
}

/** Both roles, one after the other as often as the user likes. */
export const cse310Menu = (context: RunContext): Promise<ExitCode> =>
  withMenu(context, { dialect: 'cse310', isFarewellSaid: true }, (menu) => {
    const callers = new Callers(menu, '1');
    const connectHere = async (): Promise<Partner | null> => {
      const partner = await connectFrom(menu, null);
      if (partner.isErr()) menu.dialog.say(lineOf(wordingOf(partner.error)));
      return partner.unwrapOr(null);
    };
    const talkHere = (isPatient: boolean) => (partner: Partner) => talk(menu, partner, isPatient);
    return runMenu(menu.dialog, 'Talk with cse310', [
      { key: '1', label: 'wait', act: () => callers.talkWith(() => waitHere(menu), talkHere(true)) },
      { key: '2', label: 'connect', act: () => callers.talkWith(connectHere, talkHere(false)) },
      { key: '0', label: 'exit', act: null },
    ]);
  });

async function waitHere(menu: MenuSession): Promise<Partner | null> {
  const { dialog, events, role } = menu;
  dialog.say(`Waiting at ${addressesOf(role).join(', ')}.`);
  if (dialog.isTerminal) return awaitPartnerOrEnter(menu, dialog.over);
  // A pipe that has ended says nothing about how long to wait.
  return awaitPartner(menu, AbortSignal.any([role.context.stopped, events.ended]));
}

/** Errors: `command/usage` without an address, and those of `foreignConnect`. */
async function connectFrom(
  menu: MenuSession,
  address: string | null,
): Promise<Result<Partner, ParlanceError>> {
  const typed = await chooseAddress(menu, address);
  if (typed === null) return err(usage('connect', 'no address was given'));
  const connected = await menu.role.node.foreignConnect(`cse310://${typed}`);
  if (connected.isErr()) return err(connected.error);
  return ok({ peer: await idOf(menu, typed) });
}

/** What is no dotted quad is refused and asked again. */
async function chooseAddress({ dialog }: MenuSession, given: string | null): Promise<string | null> {
  const first = given === null ? null : readAddress(given);
  if (first?.isOk() === true) return first.value;
  if (first?.isErr() === true) dialog.say(first.error);
  return dialog.askFor('IPv4 address to connect to:', readAddress);
}

const readAddress = (answer: string) => readQuadAndPort(answer, foreignPorts.cse310);

/** The node's word for the peer at this address, which leaves the usual port out. */
async function idOf({ peers }: MenuSession, typed: string): Promise<string> {
  const row = (await peers()).find(({ address, port }) => `${address}:${port}` === typed);
  return row?.peer ?? `cse310://${typed}`;
}

async function talk(menu: MenuSession, partner: Partner, isPatient: boolean): Promise<void> {
  menu.dialog.say('Connected. /nickname NEW changes your name, /disconnect ends.');
  const unlisten = announceRenaming(menu, partner);
  try {
    await converse(menu, partner, mannersOf(menu, isPatient));
  } finally {
    unlisten();
  }
}

/** In the words of the older program. Who has said no name yet does not change one. */
function announceRenaming({ dialog, events }: MenuSession, { peer }: Partner): () => void {
  let name: string | null = null;
  return events.listen((event: NodeEvent) => {
    if (event.type === 'message' && event.peerId === peer && event.direction === 'in') name ??= event.peer;
    if (event.type !== 'peer' || event.id !== peer || name === null || event.name === name) return;
    dialog.say(`${escapeName(name)} changed their nickname to ${escapeName(event.name)}.`);
    name = event.name;
  });
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
