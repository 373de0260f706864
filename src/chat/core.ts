/**
 * The core of the node: takes one input after the other and returns the effects to perform. Pure: clocks and dice are
 * arguments, effects are values, and nothing is waited for. Its parts own their state: people (which peers are
 * known), native and foreign routes (ways to them), delivery (messages and their outboxes).
 *
 *   discovery ─► sightings ─► people                 connections ─► routes ─► reports ─► delivery ─► history, feed
 *   users ─► commands ─► people, routes, delivery    delivery ─► orders ─► routes ─► connections
 */
import { ok } from 'neverthrow';
import type { DialectName, ForeignDialectName } from '../dialects/dialect.js';
import { unreachable } from '../exhaustive.js';
import type { PeerId } from '../ids.js';
import type { TicketBook } from '../session/tickets.js';
import type { Address } from '../wire/address.js';
import { plainStatus, type Status } from '../wire/status.js';
import { StatusDesk } from './status.js';
import { announced } from './announcements.js';
import { selfOf } from './self.js';
import { CommandDesk } from './commands.js';
import { isOperationInput } from './operating.js';
import { accepted, dialled } from './opened.js';
import { routesTo, type CoreTurn, type Parts } from './parts.js';
import { TransferDesk } from './transfers.js';
import type { AskedInput, CoreSelf } from './asked.js';
import { Delivery } from './delivery/delivery.js';
import { Inquiries } from './doctor/inquiries.js';
import type { DeliveryStored } from './delivery/sending.js';
import type { Due, Effect, Input, StoredAnswer } from './effects.js';
import { ForeignRoutes } from './foreign/foreign.js';
import type { ForeignArgs } from './foreign/state.js';
import { isPeopleAnswer, isPeopleCommand, PeopleDesk } from './decisions.js';
import type { Contact } from './people/contact.js';
import { sanitiseName } from './people/name.js';
import { OwnPrivacy, type Privacy } from './people/privacy/privacy.js';
import { People } from './people/people.js';
import type { NativeOutcome, OwnSide } from './routes/live-session.js';
import { AddressedRoutes } from './routes/addressed.js';
import { NativeRoutes } from './routes/native.js';
import type { RouteReport } from './routes/route.js';
import { answer, tokenOf, type Given, type Token } from './turn.js';

/** Arguments of the core. */
export interface CoreArgs {
  readonly own: OwnSide;
  /** Name of this side at the start. */
  readonly name: string;
  readonly foreign: ForeignArgs;
  /** Secrets that let peers resume; in memory only. */
  readonly tickets: TicketBook;
  /** Pause between two announcements, ms. */
  readonly beaconIntervalMs: number;
  /** A number from 0 (included) to 1 (excluded), for the jitter of outboxes. */
  readonly random: () => number;
}

/** The state that the history keeps from earlier runs. */
export interface Stored extends DeliveryStored {
  readonly contacts: readonly Contact[];
  /** Own status at the end of the last run. */
  readonly status?: Status;
  /** Missing: the standard one. */
  readonly privacy?: Privacy;
}

/** The decisions of a node. The parts hold the state; this class routes inputs to them. */
export class Core {
  readonly #parts: Parts;
  readonly #desk: CommandDesk;
  readonly #peopleDesk: PeopleDesk;
  readonly #status: StatusDesk;
  readonly #inquiries: Inquiries;
  readonly #transfers: TransferDesk;
  #name: string;
  #listening: (Address & { readonly addresses: readonly string[] }) | null = null;
  #tokens = 0;

  constructor({ own, name, foreign: foreignArgs, tickets, beaconIntervalMs, random }: CoreArgs) {
    const people = new People(own.peerId, name);
    const native = new NativeRoutes(own, name, people, tickets);
    const hasWork = (peerId: PeerId): boolean => delivery.hasWork(peerId);
    const foreign = new ForeignRoutes(foreignArgs, { people, hasWork, name, instance: own.instance });
    const addressed = new AddressedRoutes(people, native, hasWork);
    const routeOf = routesTo(native, foreign, addressed);
    const delivery = new Delivery<CoreTurn>(people, routeOf, random);
    this.#name = name;
    const privacy = new OwnPrivacy(people);
    this.#parts = { own, people, privacy, native, addressed, foreign, delivery };
    this.#transfers = new TransferDesk(this.#parts);
    this.#desk = new CommandDesk(this.#parts, this.#transfers);
    this.#peopleDesk = new PeopleDesk(this.#parts);
    this.#status = new StatusDesk(this.#parts, (turn) => this.#describe(turn));
    this.#inquiries = new Inquiries(people, native, () => this.#listening?.port ?? 0, beaconIntervalMs);
  }

  /** Restores the stored state. Call it before the first input. */
  restore(stored: Stored, given: Given): readonly Effect[] {
    return this.#turn(given, (turn) => {
      const { people, native, foreign, delivery } = this.#parts;
      const writtenTo = stored.correspondents.filter(({ isWrittenTo }) => isWrittenTo);
      people.restore(
        stored.contacts,
        writtenTo.map(({ peerId }) => peerId),
        { marks: stored.unseen.unread, countedSeq: stored.newestSeq },
      );
      people.age(turn);
      this.#peopleDesk.restore(stored.unseen, stored.privacy);
      this.#status.restore(stored.status ?? plainStatus, turn);
      native.expireTickets(turn);
      foreign.start(turn);
      delivery.restore(stored, turn);
    });
  }

  /** Handles one input. Returns the effects, to be performed in this order. */
  handle(input: Input, given: Given): readonly Effect[] {
    return this.#turn(given, (turn) => {
      const reports = this.#reportsOf(input, turn);
      this.#peopleDesk.reported(reports, turn);
      this.#transfers.pass(reports, turn);
    });
  }

  #turn(given: Given, work: (turn: CoreTurn) => void): readonly Effect[] {
    const effects: Effect[] = [];
    const turn: CoreTurn = {
      now: given.now,
      random: () => given.random(),
      newMessageId: () => given.newMessageId(),
      ownAddresses: () => given.ownAddresses(),
      emit: (effect) => void effects.push(effect),
      newToken: () => tokenOf((this.#tokens += 1)),
    };
    work(turn);
    this.#transfers.after(effects, turn);
    this.#peopleDesk.after(effects, turn);
    return effects;
  }

  #reportsOf(input: Input, turn: CoreTurn): readonly RouteReport[] {
    const { native, foreign } = this.#parts;
    switch (input.type) {
      case 'asked':
        if (input.name !== 'probe') return this.#asked(input, turn);
        this.#inquiries.ask(input.body.peer, input.call, turn);
        return [];
      case 'listening':
        return this.#listens(input, turn);
      case 'accepted':
        return accepted(this.#parts, input, this.#status.isInvisible, turn);
      case 'slotWanted':
        native.slotWanted(input.connectionId, turn);
        foreign.slotWanted(input.connectionId, turn);
        return [];
      case 'turnedAway':
        if (isForeign(input.dialect)) foreign.turnedAway(input.address, input.dialect, turn);
        return [];
      case 'unheard':
        foreign.unheard(input.host, input.isOff, turn);
        return [];
      case 'dialled':
        dialled({ ...this.#parts, inquiries: this.#inquiries }, input, turn);
        return [];
      case 'dialFailed':
        return this.#dialFailed(input, turn);
      case 'discoveryStarted':
        if (this.#status.isInvisible) this.#status.reportInvisible(turn);
        return announced(this.#parts, input, turn);
      case 'twin':
      case 'presence':
      case 'seen':
        return announced(this.#parts, input, turn);
      case 'keyRenewed':
        native.keyRenewed(input, turn);
        this.#describe(turn);
        return [];
      case 'sessionUp':
        return this.#outcome(native.sessionUp(input, turn), turn);
      case 'sessionAnswered':
      case 'sessionHeard':
        native.signOfLife(input.sessionId, input.type === 'sessionAnswered', turn);
        return [];
      case 'sessionDown':
        return this.#outcome(this.#transfers.sessionDown(input, turn), turn);
      case 'filesStarted':
      case 'transferChanged':
      case 'filesWanted':
      case 'transfersAnswered':
        return this.#transfers.input(input, turn);
      case 'foreignRunning':
      case 'foreignReading':
      case 'foreignUp':
      case 'foreignSent':
      case 'foreignRefused':
      case 'foreignDown':
        return foreign.reported(input, turn);
      case 'stored':
      case 'heardReport':
      case 'computed':
      case 'resumable':
        this.#takeNote(input, turn);
        return [];
      case 'due':
        return this.#due(input.due, turn);
      default:
        return unreachable(input);
    }
  }

  #dialFailed(input: Extract<Input, { type: 'dialFailed' }>, turn: CoreTurn): readonly RouteReport[] {
    const { native, foreign } = this.#parts;
    const { connectionId, error } = input;
    const outcome = native.dialFailed(connectionId, error, turn);
    if (outcome !== null) return this.#outcome(outcome, turn);
    if (this.#inquiries.dialFailed(connectionId, error, turn)) return [];
    return foreign.dialFailed(connectionId, error, turn) ?? [];
  }

  #asked(input: Exclude<AskedInput, { name: 'probe' }>, turn: CoreTurn): readonly RouteReport[] {
    if (isOperationInput(input)) return this.#desk.operations.command(input, turn);
    if (isPeopleCommand(input)) {
      this.#peopleDesk.command(input, turn);
      return [];
    }
    const { native, foreign } = this.#parts;
    switch (input.name) {
      case 'self':
        turn.emit(answer(input.call, ok(this.#self(turn))));
        return [];
      case 'ownStatus':
      case 'setStatus':
      case 'idle':
        this.#status.command(input, turn);
        return [];
      case 'rename':
        turn.emit(answer(input.call, this.#rename(input.body.name, turn)));
        return [];
      case 'foreignPeers':
        turn.emit(answer(input.call, foreign.list(input.body.dialect)));
        return [];
      case 'farewell':
        this.#parts.people.keepSeen(turn);
        foreign.farewell(input.call, turn);
        return [];
      case 'counts':
        return this.#desk.count(input.call, turn);
      case 'findTicket':
        turn.emit(answer(input.call, ok(native.known.find(input.body.ticketId, turn))));
        return [];
      case 'judgePeer':
        turn.emit(answer(input.call, ok(native.judge(input.body.sessionId, input.body.peer))));
        return [];
      case 'description':
        turn.emit(answer(input.call, ok(this.#listening === null ? null : this.#description())));
        return [];
      case 'said':
        return this.#outcome(native.said(input.body, input.call, turn), turn);
      case 'foreignHeard':
        return foreign.heard(input.body.sessionId, input.body.words, input.call, turn);
      case 'transfers':
      case 'actOnTransfer':
        return this.#transfers.command(input, turn);
      case 'send':
      case 'offerFiles':
      case 'page':
      case 'safety':
      case 'verify':
      case 'block':
      case 'disconnect':
      case 'foreignConnect':
      case 'foreignLeave':
        return this.#desk.peerCommand(input, turn);
      default:
        return unreachable(input);
    }
  }

  #listens(input: Extract<Input, { type: 'listening' }>, turn: CoreTurn): readonly RouteReport[] {
    const { own, native, foreign } = this.#parts;
    const { address, addresses = [address], port, others } = input;
    this.#listening = { host: address, addresses, port };
    const ports = new Map<ForeignDialectName, number>();
    for (const other of others) if (isForeign(other.dialect)) ports.set(other.dialect, other.port);
    foreign.listening(port, ports);
    native.known.announce(turn);
    this.#describe(turn);
    const ready = { id: own.peerId, name: this.#name, address, addresses: [...addresses], port };
    turn.emit({ to: 'feed', event: { type: 'ready', ...ready } });
    const { peers, text } = foreign.takeGreetings();
    for (const peer of peers) this.#desk.greet(peer, text, turn);
    return [];
  }

  #takeNote(
    input: Extract<Input, { type: 'stored' | 'heardReport' | 'computed' | 'resumable' }>,
    turn: CoreTurn,
  ): void {
    if (input.type === 'resumable') this.#parts.native.known.offered(input.resumption, turn);
    else if (input.type === 'stored') this.#stored(input.token, input.answer, turn);
    else if (input.type === 'computed') this.#desk.computed(input.token, input.result, turn);
    else this.#inquiries.takeReport(input.token, input.report, turn);
  }

  #stored(token: Token, stored: StoredAnswer, turn: CoreTurn): void {
    const { people, delivery } = this.#parts;
    if (stored.type === 'contact') {
      if (stored.result.isErr()) people.notKept(stored.result.error.code, turn);
      return;
    }
    if (isPeopleAnswer(stored)) return this.#peopleDesk.answered(token, stored, turn);
    if (stored.type === 'find' || stored.type === 'rewrite')
      return this.#desk.operations.answered(token, stored, turn);
    if (delivery.answered(token, stored, turn)) return;
    if (stored.type === 'outbox') this.#peopleDesk.outboxRead(token, stored.result, turn);
    if (stored.type === 'page') this.#desk.pageRead(token, stored.result, turn);
  }

  #due(due: Due, turn: CoreTurn): readonly RouteReport[] {
    const { people, native, foreign, delivery } = this.#parts;
    switch (due.type) {
      case 'tickets':
        people.age(turn);
        return this.#answered(native.due(due, turn), turn);
      case 'attempt':
      case 'name':
      case 'ping':
      case 'status-heard':
        return this.#answered(native.due(due, turn), turn);
      case 'inquiry':
        this.#inquiries.due(due, turn);
        return [];
      case 'release':
      case 'expire':
      case 'age':
        return foreign.due(due, turn);
      case 'outbox':
      case 'marks':
      case 'expiry':
        delivery.due(due, turn);
        return [];
      case 'typing-end':
        this.#peopleDesk.typing.due(due, turn);
        return [];
      case 'transfer-dial':
        this.#transfers.due(due, turn);
        return [];
      case 'status-end':
      case 'status-send':
        this.#status.due(due, turn);
        return [];
      default:
        return unreachable(due);
    }
  }

  /** Runs the commands that waited for an address, and then passes the reports on to delivery. */
  #outcome(outcome: NativeOutcome, turn: CoreTurn): readonly RouteReport[] {
    const { answers, reports, inquiries = [], notes = [] } = outcome;
    const answered = this.#answered(answers, turn);
    for (const note of notes) this.#peopleDesk.heard(note, turn);
    this.#inquiries.takeInquiries(inquiries, turn);
    return [...answered, ...reports];
  }

  #answered(answers: NativeOutcome['answers'], turn: CoreTurn): readonly RouteReport[] {
    this.#inquiries.answered(answers, turn);
    const { addressed } = this.#parts;
    const reports = this.#desk.addressesAnswered(answers, turn);
    return [...reports, ...answers.flatMap((each) => addressed.answered(each, turn))];
  }

  /** Takes another name and sends it to every peer. Errors: `chat/name-invalid`. */
  #rename(raw: string, turn: CoreTurn) {
    return sanitiseName(raw).map((name) => {
      const { people, native, foreign } = this.#parts;
      this.#name = name;
      turn.emit({ to: 'settings', say: 'name', name });
      this.#describe(turn);
      people.calledSelf(name, turn);
      native.renamed(name, turn);
      foreign.renamed(name, turn);
      return this.#self(turn);
    });
  }

  /** Returns the content of the beacon; null while the port is unknown. */
  #description() {
    const tcpPort = this.#listening?.port ?? 0;
    const { certificateSerial } = this.#parts.native.keys;
    return { name: this.#name, tcpPort, certificateSerial, status: this.#status.status };
  }

  /** Renews the beacon, once the port is known. */
  #describe(turn: CoreTurn): void {
    if (this.#listening !== null) turn.emit({ to: 'presence', say: 'describe', ...this.#description() });
  }

  #self = (turn: CoreTurn): CoreSelf => selfOf(this.#parts, this.#name, this.#listening, turn);
}

const isForeign = (dialect: DialectName): dialect is ForeignDialectName => dialect !== 'native';
