/** The other side of the bare port and of comlink, for comparison. */
import { expose } from 'comlink';
import { workerData, type MessagePort } from 'node:worker_threads';
import { endpointOf } from './runtime.bench.js';

const { data, remote } = workerData as { data: MessagePort; remote: MessagePort };
let count = 0;
data.on('message', (message: { type: string; bodies?: readonly unknown[] } | readonly unknown[]) => {
  if (!('type' in message)) data.postMessage(message);
  else if (message.type === 'notes') for (const body of message.bodies ?? []) count += body === null ? 0 : 1;
  else data.postMessage(message.type === 'count' ? count : message);
});
expose({ echo: (body: unknown) => body }, endpointOf(remote));
remote.start();
