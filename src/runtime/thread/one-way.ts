/** Control of a worker without answers: a dead worker is reported in any case. */
import type { MessagePort, Transferable } from 'node:worker_threads';
import type { WatchedEnd } from '../cell/cell-host.js';
import type { LinkAddress } from '../link/protocol.js';
import type { Channel } from '../link/wire.js';
import type { OrderArgs, OrderName } from './orders.js';

/** Passes each call of the control on as a message. */
export abstract class OneWayControl {
  crash(id: string, detail: string, isAtEnvelope: boolean): void {
    this.tell('crash', [id, detail, isAtEnvelope]);
  }

  adopt(id: string, to: string, link: LinkAddress | null): void {
    this.tell('adopt', [id, to, link]);
  }

  ended(end: WatchedEnd): void {
    this.tell('ended', [end]);
  }

  openWire(wire: number, port: MessagePort): void {
    this.tell('openWire', [wire, port], [port]);
  }

  closeWire(wire: number): void {
    this.tell('closeWire', [wire]);
  }

  connectSender(linkId: number, channel: Channel, blamedSeqs: readonly number[]): void {
    this.tell('connectSender', [linkId, channel, blamedSeqs]);
  }

  connectReceiver(link: LinkAddress, channel: Channel): void {
    this.tell('connectReceiver', [link, channel]);
  }

  connectLocal(linkId: number, blamedSeqs: readonly number[]): void {
    this.tell('connectLocal', [linkId, blamedSeqs]);
  }

  markSender(linkId: number, marker: number): void {
    this.tell('markSender', [linkId, marker]);
  }

  setCircular(linkId: number, isCircular: boolean): void {
    this.tell('setCircular', [linkId, isCircular]);
  }

  endReceiver(linkId: number, to: string): void {
    this.tell('endReceiver', [linkId, to]);
  }

  disconnectSender(linkId: number): void {
    this.tell('disconnectSender', [linkId]);
  }

  closeSender(linkId: number): void {
    this.tell('closeSender', [linkId]);
  }

  protected abstract tell<N extends OrderName>(
    name: N,
    args: OrderArgs<N>,
    transfer?: readonly Transferable[],
  ): void;
}
