/** The two roles of cse310: one side waits, the other connects; then every line is a message. */
import { catalogue } from '../../../text/catalogue.js';
import { err, ok, type Result } from 'neverthrow';
import { escapeName, type NodeEvent } from '../../../../index.js';
import type { CliError } from '../../errors.js';
import { foreignPorts } from '../../../../node/limits.js';
import type { NodeSettings } from '../../options/settings.js';
import { addressesOf } from '../role.js';
import { usage, type RunContext } from '../../run.js';
import { lineOf, wordingOf, type ExitCode } from '../../screen/wording.js';
import { readQuadAndPort } from './answers.js';
import { Callers } from './callers.js';
import {
  awaitPartner,
  awaitPartnerOrEnter,
  converse,
  type ConversationRules,
  type Partner,
} from './conversation.js';
import { runMenu } from './menu.js';
import { withMenu, type MenuSession } from './menu-session.js';

/** Arguments of `wait`. */
export interface WaitOptions {
  /** Port to wait on; `null`: the port of the settings, by default 65500. */
  readonly port: number | null;
  readonly isBeeping: boolean;
}

/** Waits for one peer and converses with it until one of the two leaves. */
export function wait(context: RunContext, { port, isBeeping }: WaitOptions): Promise<ExitCode> {
  const adjust = (settings: NodeSettings): NodeSettings => ({
    ...settings,
    listen: port === null ? settings.listen : [...(settings.listen ?? []), `cse310=${port}`],
    // `--port-strict` is for the port that is waited on, so the other port may be any free one.
    port: settings.portStrict === true ? (settings.port ?? 0) : settings.port,
  });
  return withMenu(context, { dialect: 'cse310', adjust, saysGoodbye: false }, async (menu) => {
    if (isBeeping) beep(menu);
    const partner = await waitHere(menu);
    if (partner !== null) await runConversation(menu, partner, true);
  });
}

/** Arguments of `connect`. */
export interface ConnectOptions {
  /** `ADDR` or `ADDR:PORT`; `null`: the user is asked. */
  readonly address: string | null;
  readonly isBeeping: boolean;
}

/** Connects to a peer that waits. Exit codes: 1 when no peer waits there; 2 without an address. */
export async function connect(
  context: RunContext,
  { address, isBeeping }: ConnectOptions,
): Promise<ExitCode> {
  let outcome: ExitCode = 0;
  const exit = await withMenu(context, { dialect: 'cse310', saysGoodbye: false }, async (menu) => {
    if (isBeeping) beep(menu);
    const partner = await connectFrom(menu, address);
    if (partner.isOk()) await runConversation(menu, partner.value, false);
    else outcome = await context.output.failure(partner.error);
  });
  return exit === 0 ? outcome : exit;
}

/** Runs the menu of both roles. */
export const cse310Menu = (context: RunContext): Promise<ExitCode> =>
  withMenu(context, { dialect: 'cse310', saysGoodbye: true }, (menu) => {
    const callers = new Callers(menu, '1');
    const connectHere = async (): Promise<Partner | null> => {
      const partner = await connectFrom(menu, null);
      if (partner.isErr()) menu.dialog.say(lineOf(wordingOf(partner.error)));
      return partner.unwrapOr(null);
    };
    const conversationOf = (isPatient: boolean) => (partner: Partner) =>
      runConversation(menu, partner, isPatient);
    return runMenu(menu.dialog, catalogue().menus.talkWithCse310, [
      {
        key: '1',
        label: catalogue().menus.labelWait,
        act: () => callers.converseWith(() => waitHere(menu), conversationOf(true)),
      },
      {
        key: '2',
        label: catalogue().menus.labelConnect,
        act: () => callers.converseWith(connectHere, conversationOf(false)),
      },
      { key: '0', label: catalogue().menus.labelExit, act: null },
    ]);
  });

async function waitHere(menu: MenuSession): Promise<Partner | null> {
  const { dialog, events, role } = menu;
  dialog.say(catalogue().menus.waitingAt(addressesOf(role).join(', ')));
  if (dialog.isTerminal) return awaitPartnerOrEnter(menu, dialog.over);
  // The end of a pipe does not end the waiting.
  return awaitPartner(menu, AbortSignal.any([role.context.stopped, events.ended]));
}

/** Connects to an address. Errors: `command/usage` without an address, and those of the node. */
async function connectFrom(menu: MenuSession, address: string | null): Promise<Result<Partner, CliError>> {
  const typed = await chooseAddress(menu, address);
  if (typed === null) return err(usage('connect', catalogue().menus.noAddress));
  const connected = await menu.role.node.foreignConnect(`cse310://${typed}`);
  if (connected.isErr()) return err(connected.error);
  return ok({ peer: await idOf(menu, typed) });
}

/** Chooses the address: the given one, or the answer of the user. Another form than a dotted quad is refused. */
async function chooseAddress({ dialog }: MenuSession, given: string | null): Promise<string | null> {
  const first = given === null ? null : readAddress(given);
  if (first?.isOk() === true) return first.value;
  if (first?.isErr() === true) dialog.say(first.error);
  return dialog.askFor(catalogue().menus.askAddress(foreignPorts.cse310), readAddress);
}

const readAddress = (answer: string) => readQuadAndPort(answer, foreignPorts.cse310);

/** Returns the id of the peer at this address, which has no port where it is the usual one. */
async function idOf({ peers }: MenuSession, typed: string): Promise<string> {
  const row = (await peers()).find(({ address, port }) => `${address}:${port}` === typed);
  return row?.peer ?? `cse310://${typed}`;
}

async function runConversation(menu: MenuSession, partner: Partner, isPatient: boolean): Promise<void> {
  menu.dialog.say(catalogue().menus.connectedCommands);
  const unlisten = announceRenaming(menu, partner);
  try {
    await converse(menu, partner, rulesOf(menu, isPatient));
  } finally {
    unlisten();
  }
}

/** Prints a changed nickname in the words of the older program. The first name of a peer is not a change. */
function announceRenaming({ dialog, events }: MenuSession, { peer }: Partner): () => void {
  let name: string | null = null;
  return events.listen((event: NodeEvent) => {
    if (event.type === 'message' && event.peerId === peer && event.direction === 'in') name ??= event.peer;
    if (event.type !== 'peer' || event.id !== peer || name === null || event.name === name) return;
    dialog.say(catalogue().menus.nicknameChanged(escapeName(name), escapeName(event.name)));
    name = event.name;
  });
}

function rulesOf({ role, dialog, fail }: MenuSession, isPatient: boolean): ConversationRules {
  return {
    endMark: '/disconnect',
    isPatient,
    command: async (line) => {
      const [, name] = /^\/nickname(?:\s+(.*))?$/.exec(line) ?? [];
      if (!line.startsWith('/')) return false;
      if (name === undefined || name === '') dialog.say(catalogue().menus.twoCommands);
      else
        (await role.node.rename(name)).match(
          (self) => dialog.say(catalogue().menus.nowCalled(escapeName(self.name))),
          fail,
        );
      return true;
    },
  };
}

/** Beeps at each incoming message, as the older program does when it is the turn of its user. */
function beep({ role, events }: MenuSession): void {
  events.listen((event: NodeEvent) => {
    if (event.type === 'message' && event.direction === 'in' && event.dialect === 'cse310')
      role.context.world.stderr.write('\u0007');
  });
}
