/** All links of a system: who is linked to whom, which ports join them now, and which links lie on a circle. */
import { creditPerLink, type RuntimeLimits } from '../limits.js';
import type { ChildSpec } from '../actor.js';
import type { LinkAddress } from '../link/protocol.js';
import type { Host } from '../thread/host.js';
import type { Blame } from '../thread/tenants.js';
import type { ThreadHost } from '../thread/thread-host.js';
import type { Timers } from '../timers.js';
import { Wires } from './wires.js';

/** One link between two actors. */
export interface Link {
  readonly id: number;
  readonly name: string;
  /** Empty: code outside any actor. */
  readonly from: string;
  readonly to: string;
  epoch: number;
  /** Counts its connections. */
  generation: number;
  blamedSeqs: number[];
  isCircular: boolean;
  /** By an actor that had an address; it ends with either end. */
  readonly isOpened: boolean;
}

/** Where actors are. */
export interface Seats {
  /** Returns the thread of an actor; null: it is in no thread now. */
  hostOf(id: string): Host | ThreadHost | null;
  specOf(id: string): ChildSpec | null;
  /** Whether the actor runs in a worker, not in the supervisors' own thread. */
  isInThread(id: string): boolean;
}

/** All links of one system. */
export class Links {
  readonly #seats: Seats;
  readonly #inline: Host;
  readonly #limits: RuntimeLimits;
  readonly #timers: Timers;
  readonly wires = new Wires();
  readonly #byId = new Map<number, Link>();
  readonly #out = new Map<string, Set<Link>>();
  readonly #into = new Map<string, Set<Link>>();
  #made = 0;
  #markers = 0;

  constructor(seats: Seats, inline: Host, limits: RuntimeLimits, timers: Timers) {
    this.#seats = seats;
    this.#inline = inline;
    this.#limits = limits;
    this.#timers = timers;
  }

  get count(): number {
    return this.#byId.size;
  }

  /** A link of an actor that had an address: the only one of its circle, if it closes one, that waits for nobody. */
  open(from: string, to: string): Link {
    const link = this.add(from, '', to, true);
    link.isCircular = this.#leadsBack(link);
    return link;
  }

  /** The sender of these has lost its memory. */
  dropOpened(from: string): void {
    for (const link of this.from(from)) if (link.isOpened) this.#end(link);
  }

  add(from: string, name: string, to: string, isOpened = false): Link {
    this.#made += 1;
    const link: Link = {
      id: this.#made,
      name,
      from,
      to,
      epoch: 0,
      generation: 0,
      blamedSeqs: [],
      isCircular: false,
      isOpened,
    };
    this.#byId.set(link.id, link);
    addTo(this.#out, from, link);
    addTo(this.#into, to, link);
    return link;
  }

  drop(link: Link): void {
    this.#byId.delete(link.id);
    dropFrom(this.#out, link.from, link);
    dropFrom(this.#into, link.to, link);
  }

  from(id: string): readonly Link[] {
    return listOf(this.#out.get(id));
  }

  into(id: string): readonly Link[] {
    return listOf(this.#into.get(id));
  }

  /** Finds the circles that the links of this actor close; the senders on them wait for nobody. */
  findCircles(id: string): void {
    // Nothing leads to a new actor yet, as a rule.
    if (!this.#into.has(id)) return;
    for (const link of [...this.from(id), ...this.into(id)]) {
      const isCircular = this.#leadsBack(link);
      if (isCircular === link.isCircular) continue;
      link.isCircular = isCircular;
      this.#senderSide(link)?.setCircular(link.id, isCircular);
      if (isCircular && link.to !== id) this.findCircles(link.to);
    }
  }

  addressOf({ id, epoch, name, from, to, isCircular }: Link): LinkAddress {
    const own = this.#seats.specOf(to)?.behaviour;
    const mailboxMax = own?.mailboxMax ?? this.#limits.mailboxMax;
    const triesMax = own?.triesMax ?? this.#limits.poisonTriesMax;
    const credit = creditPerLink(mailboxMax, this.#into.get(to)?.size ?? 1, this.#limits);
    return { id, epoch, name, from, to, credit, triesMax, isCircular };
  }

  /** A new sending end: what was said of the old one is void. */
  renew(id: string): readonly LinkAddress[] {
    return this.from(id).map((link) => {
      link.epoch += 1;
      link.blamedSeqs = [];
      return this.addressOf(link);
    });
  }

  connectAll(id: string): void {
    for (const link of this.from(id)) this.connect(link);
    // A link of an actor to itself is in both, and is joined once.
    for (const link of this.into(id)) if (link.from !== id) this.connect(link);
  }

  /** Joins the two ends of a link, if both are in a thread now. */
  connect(link: Link): void {
    const sender = this.#senderSide(link);
    const receiver = this.#seats.hostOf(link.to);
    if (sender === null || receiver === null) return;
    link.generation += 1;
    const { blamedSeqs } = link;
    link.blamedSeqs = [];
    if (sender === receiver) {
      sender.connectLocal(link.id, blamedSeqs);
      return;
    }
    const channel = this.wires.channel(sender, receiver);
    receiver.connectReceiver(this.addressOf(link), channel);
    sender.connectSender(link.id, channel, blamedSeqs);
  }

  /** The receiver of these links is dead and will come back. */
  disconnectInto(id: string): void {
    for (const link of this.into(id)) this.#senderSide(link)?.disconnectSender(link.id);
  }

  /** Has every sender put a stop marker; returns it with the links on which it comes. */
  markInto(id: string): { readonly marker: number; readonly links: readonly number[] } {
    const into = this.into(id);
    if (into.length === 0) return noMarker;
    this.#markers += 1;
    const marker = this.#markers;
    const links: number[] = [];
    for (const link of into) {
      const sender = this.#senderSide(link);
      if (sender === null || link.from === id) continue;
      sender.markSender(link.id, marker);
      links.push(link.id);
    }
    return { marker, links };
  }

  /** The actor is gone for good: its senders hear so, its own links end. */
  forget(id: string): void {
    for (const link of this.into(id)) {
      this.#senderSide(link)?.closeSender(link.id);
      if (link.from !== '' && !link.isOpened) continue;
      if (link.from === '') this.#inline.dropSender(link.id);
      this.drop(link);
    }
    for (const link of this.from(id)) this.#end(link);
  }

  #end(link: Link): void {
    this.#seats.hostOf(link.to)?.endReceiver(link.id, link.to);
    this.drop(link);
  }

  closeAll(): void {
    for (const link of this.#byId.values()) this.#senderSide(link)?.closeSender(link.id);
    this.wires.closeAll();
  }

  /** Notes the envelopes at which a thread died; returns one name for all of them, or null. */
  blame(blames: readonly Blame[]): string | null {
    const names = blames.flatMap(({ linkId, seq }) => {
      const link = this.#byId.get(linkId);
      if (link === undefined) return [];
      link.blamedSeqs.push(seq);
      return [`${linkId}.${link.epoch}.${seq}`];
    });
    return names.length === 0 ? null : names.join(' ');
  }

  /** A port closed although nobody closed it: joined again, unless a dying thread was the reason. */
  repair(linkId: number): void {
    const link = this.#byId.get(linkId);
    if (link === undefined) return;
    const { generation } = link;
    this.#timers.after(this.#limits.linkRepairMs, () => {
      if (link.generation === generation && this.#byId.has(linkId)) this.connect(link);
    });
  }

  #senderSide(link: Link): Host | ThreadHost | null {
    return link.from === '' ? this.#inline : this.#seats.hostOf(link.from);
  }

  /** Only actors in workers withhold acknowledgements, so a circle through an inline one is none. */
  #leadsBack(link: Link): boolean {
    if (!this.#seats.isInThread(link.from) || !this.#seats.isInThread(link.to)) return false;
    const seen = new Set<string>([link.to]);
    const open = [link.to];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (at === link.from) return true;
      for (const { to } of this.#out.get(at) ?? []) {
        if (seen.has(to) || !this.#seats.isInThread(to)) continue;
        seen.add(to);
        open.push(to);
      }
    }
    return false;
  }
}

const noLinks: readonly Link[] = [];
const noMarker = { marker: 0, links: [] };

/** A copy, since links are dropped while they are looked at. */
const listOf = (links: ReadonlySet<Link> | undefined): readonly Link[] =>
  links === undefined ? noLinks : [...links];

function addTo(table: Map<string, Set<Link>>, id: string, link: Link): void {
  const links = table.get(id) ?? new Set();
  table.set(id, links.add(link));
}

function dropFrom(table: Map<string, Set<Link>>, id: string, link: Link): void {
  const links = table.get(id);
  links?.delete(link);
  if (links?.size === 0) table.delete(id);
}
