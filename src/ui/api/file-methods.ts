/** Rows of the local API about transfers of files. */
import * as v from 'valibot';
import { questions, type AcceptOptions, type TransferAction } from '../../chat/contract.js';
import { nodeEvents } from '../../chat/events.js';
import type { OfferOptions } from '../../node/handle.js';
import { controlApi } from './limits.js';
import { method, nothing, peer } from './method.js';

const path = v.pipe(v.string(), v.nonEmpty(), v.maxLength(controlApi.pathCharsMax));

/** Rows of the methods about transfers. */
export const fileMethods = {
  offerFiles: method({
    verb: 'POST',
    path: '/v1/files',
    does: 'offer files and folders, by absolute paths',
    takes: v.object({
      peer,
      paths: v.pipe(v.array(path), v.minLength(1), v.maxLength(controlApi.pathsMax)),
      id: v.exactOptional(v.pipe(v.string(), v.description('id of the transfer: a UUID in lower case'))),
      comment: v.exactOptional(v.pipe(v.string(), v.maxLength(controlApi.commentCharsMax))),
      spool: v.exactOptional(path),
      wishes: v.exactOptional(questions.offerWishes),
    }),
    gives: nodeEvents.transfer,
    pack: (peer: string, paths: readonly string[], options: OfferOptions = {}) => ({
      peer,
      paths: [...paths],
      ...options,
    }),
    run: ({ node }, { peer, paths, ...options }) => node.offerFiles(peer, paths, options),
  }),
  transfers: method({
    verb: 'GET',
    path: '/v1/files',
    does: 'every transfer that runs, waits or ended a while ago, oldest first',
    takes: nothing,
    gives: v.pipe(v.array(nodeEvents.transfer), v.readonly()),
    pack: () => ({}),
    run: ({ node }) => node.transfers(),
  }),
  actOnTransfer: method({
    verb: 'POST',
    path: '/v1/files/act',
    does: 'accept, decline, cancel or retry a transfer; directory: where accepted files go',
    takes: v.object({
      id: v.pipe(v.string(), v.nonEmpty(), v.maxLength(36)),
      action: questions.transferAction,
      directory: v.nullable(path),
      options: v.exactOptional(questions.acceptOptions),
    }),
    gives: nodeEvents.transfer,
    pack: (
      id: string,
      action: TransferAction,
      directory: string | null = null,
      options: AcceptOptions = {},
    ) => ({ id, action, directory, options }),
    run: ({ node }, { id, action, directory, options }) => node.actOnTransfer(id, action, directory, options),
  }),
};
