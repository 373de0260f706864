/** A sending end of a transfer without a session: what it says goes to a function. */
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { offerOf, type OwnOffer } from '../../src/actors/files/sending/offer.js';
import { Outgoing, type Deliver } from '../../src/actors/files/sending/outgoing.js';
import { TransferFolder } from '../../src/actors/files/store.js';
import type { OfferWishes } from '../../src/chat/contract.js';
import type { TransferRecord } from '../../src/chat/files/record.js';
import type { FileWords } from '../../src/dialects/files.js';
import { messageId, peer } from '../history/driver.js';
import { temporaryHome } from './program.js';
import { transferRecord } from './transfer-record.js';

/** The transfer of `outgoingScene`. */
export const outgoingId = messageId(1);

/** Offers paths, and makes their sending end. `kept`: the manifest that is on disk instead of the offered one. */
export async function outgoingScene(
  context: TestContext,
  paths: readonly string[],
  { kept, wishes = {} }: { kept?: (manifest: Uint8Array) => Uint8Array; wishes?: OfferWishes } = {},
) {
  const home = temporaryHome(context);
  const id = outgoingId;
  const request = { id, peerId: peer(1), paths, comment: '', spool: '', wishes };
  const own: OwnOffer = (await offerOf(request, { folder: join(home, 'transfers') }))._unsafeUnwrap();
  const { offer, manifest, sources, spool } = own;
  const folder = new TransferFolder(home, id);
  await folder.keepManifest(kept?.(manifest) ?? manifest);
  const rateMost = wishes.limit ?? null;
  let record = transferRecord({ id, offer, sources, spool, rateMost, direction: 'out', state: 'accepted' });
  const logged: string[] = [];
  const outgoing = new Outgoing({
    folder,
    home,
    record: () => record,
    change(fields) {
      record = { ...record, ...fields };
      return Promise.resolve(true);
    },
    say: () => undefined,
    changed: () => undefined,
    log: (event, fields) => void logged.push(`${event} ${JSON.stringify(fields)}`),
  });
  outgoing.sessionUp();
  context.after(() => outgoing.end());
  const work = (take: (words: FileWords) => void): Promise<void> => {
    const deliver: Deliver = (words) => Promise.resolve(words.forEach((each) => take(each)));
    return outgoing.work(deliver);
  };
  return { outgoing, work, own, logged, record: (): TransferRecord => record };
}
