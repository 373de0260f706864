/** A topic over four threads: what is published once is heard by a reader in each of them, in order. */
/* oxlint-disable eslint/no-console -- an example prints for the person that runs it */
import { isMainThread, threadId } from 'node:worker_threads';
import {
  actor,
  child,
  next,
  ok,
  reply,
  startSupervisor,
  stream,
  subscription,
  topic,
  type Call,
  type Cast,
} from '../../../src/runtime/index.js';

type ReaderProtocol = { hear: Cast<string>; heard: Call<null, { thread: number; words: string[] }> };

export const reader = actor<null, string[], ReaderProtocol>({
  name: 'reader',
  init: () => ok([]),
  receive: {
    hear: (words, word) => next([...words, word]),
    heard: (words) => reply(words, ok({ thread: threadId, words })),
  },
});

if (isMainThread) {
  const news = child(topic<string>('news'));
  const readers = [1, 2, 3, 4].map((nth) =>
    child(reader, { id: `reader-${nth}`, placement: { kind: 'thread' } }),
  );
  const root = (await startSupervisor({ name: 'root', children: [news, ...readers] }))._unsafeUnwrap();
  for (const one of readers)
    root
      .ref(news)
      .cast('subscribe', subscription(news, one, 'hear'))
      ._unsafeUnwrap();
  (await stream(root.ref(news), 'publish', ['one', 'two', 'three']))._unsafeUnwrap();
  await root.drained();
  const answers = await Promise.all(readers.map((one) => root.ref(one).call('heard', null)));
  const heard = answers.map((answer) => answer._unsafeUnwrap());
  console.log(`${new Set(heard.map(({ thread }) => thread)).size} threads`);
  for (const { words } of heard) console.log(words.join(' '));
  await root.stop();
}
