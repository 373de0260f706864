/** Hello world: one actor in a thread of its own, one question. */
/* oxlint-disable eslint/no-console -- an example prints for the person that runs it */
import { isMainThread } from 'node:worker_threads';
import { actor, child, ok, reply, startSupervisor, type Call } from '../../../src/runtime/index.js';

type HelloProtocol = { greet: Call<string, string> };

export const hello = actor<string, string, HelloProtocol>({
  name: 'hello',
  init: (word) => ok(word),
  receive: {
    greet: (word, name) => reply(word, ok(`${word}, ${name}, from ${isMainThread ? 'here' : 'a thread'}`)),
  },
});

if (isMainThread) {
  const spec = child(hello, { args: 'Hello', placement: { kind: 'thread' } });
  const root = (await startSupervisor({ name: 'root', children: [spec] }))._unsafeUnwrap();
  console.log((await root.ref(spec).call('greet', 'world'))._unsafeUnwrap());
  await root.stop();
}
