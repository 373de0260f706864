/**
 * A node of 1.0.0 and one of this version talk both ways. An operation that 1.0.0 does not know reaches it as a text, or
 * is refused with the reason.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { testMsMax } from '../support/deadline.js';
import { freeUdpPort } from '../support/free-port.js';
import { deliver, liveNode, message, must, refusal, status, untilMet } from '../support/live-node.js';
import { temporaryHome } from '../support/program.js';
import { liveNode1, unpackVersion1 } from '../support/version-1.js';

// messages.md section 7, first column of its table; files.md section 10
test(
  '1.0.0 gets each operation as a text, or its sender learns why not',
  { timeout: testMsMax },
  async (context) => {
    const load = unpackVersion1(context);
    const beaconPort = await freeUdpPort();
    const home = temporaryHome(context);
    const first = await liveNode1(context, load, { name: 'Old', beaconPort, home });
    const fresh = await liveNode(context, {
      name: 'New',
      beaconPort,
      readReceipts: 'contacts',
      typingNotices: 'contacts',
    });
    await untilMet(first, fresh);
    const { handle } = fresh;

    const folder = mkdtempSync(join(tmpdir(), 'parlance-two-versions-'));
    context.after(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'soup.txt');
    writeFileSync(file, 'leek');
    // Nobody knows yet what the peer can: the offer ends with the first session.
    const offered = await must(handle.offerFiles('Old', [file]));
    await fresh.until(status(offered.id, 'failed'), 'the offer has failed');
    await fresh.until(
      (event) =>
        event.type === 'transfer' && event.id === offered.id && event.state === 'stopped' ? event : undefined,
      'the transfer has ended',
    );

    await deliver(first, 'New', 'Lunch at noon?');
    await fresh.until(message('Lunch at noon?'), 'the text of 1.0.0');
    await deliver(fresh, 'Old', 'At one.');
    await first.until(message('At one.'), 'the text of this version');

    const reply = await must(handle.operate('@1', { do: 'reply', text: 'I bring the soup.' }));
    await first.until(message('> Lunch at noon?\nI bring the soup.'), 'a reply with its quote');
    await must(handle.operate('^2', { do: 'edit', text: 'At two.' }));
    await first.until(message('* At two.'), 'an edit as a new text');
    for (const { id } of [reply]) await fresh.until(status(id, 'delivered'), 'the reply is delivered');

    assert.equal(await refusal(handle.operate('@1', { do: 'react', emoji: '👍' })), 'chat/peer-cannot');
    assert.equal(await refusal(handle.setTimer('Old', 60)), 'chat/peer-cannot');
    const deleted = await must(handle.operate(reply.id, { do: 'delete' }));
    assert.deepEqual([deleted.state, deleted.reason], ['delivered', 'the peer keeps it']);
    assert.equal(await refusal(handle.offerFiles('Old', [file])), 'files/unsupported');
    await must(handle.markRead('Old', null));
    await must(handle.setTyping('Old', true));
    assert.equal((await must(handle.contact('Old'))).readMarks, 'unable');
    await deliver(first, 'New', 'after a mark and a notice');

    // While 1.0.0 is away, a message that waits is changed or taken back in place.
    await first.close();
    await fresh.until(
      (event) =>
        event.type === 'peer' && event.id === first.id && event.state !== 'online' ? event : undefined,
      '1.0.0 is away',
    );
    const texts = ['a first version', 'a mistake', 'the last one'];
    const waiting = await must(handle.sendAll('Old', texts));
    const [changed, mistake] = waiting;
    assert.ok(changed !== undefined && mistake !== undefined);
    await must(handle.operate(changed.id, { do: 'edit', text: 'a second version' }));
    assert.equal((await must(handle.operate(mistake.id, { do: 'delete' }))).reason, 'withdrawn');
    const again = await liveNode1(context, load, { name: 'Old', beaconPort, home });
    await again.until(message('the last one'), 'what waited');
    assert.deepEqual(again.heard(), ['a second version', 'the last one']);

    // Nothing was lost in either history, and nothing else came.
    const textsOf = async (node: typeof fresh) =>
      (await must(node.handle.history({}))).map(({ text }) => text);
    assert.deepEqual(await textsOf(again), [
      'Lunch at noon?',
      'At one.',
      '> Lunch at noon?\nI bring the soup.',
      '* At two.',
      'after a mark and a notice',
      'a second version',
      'the last one',
    ]);
    assert.deepEqual(await textsOf(fresh), [
      'soup.txt',
      'Lunch at noon?',
      'At two.',
      '',
      'after a mark and a notice',
      'a second version',
      '',
      'the last one',
    ]);
    for (const node of [first, fresh, again]) {
      const failures = node.events.filter(({ type }) => type === 'error');
      assert.deepEqual(failures, []);
    }

    // The home of 1.0.0 goes on with this version: its peer learns of that with the next session.
    await again.close();
    const upgraded = await liveNode(context, { name: 'Old', beaconPort, home });
    await deliver(upgraded, 'New', 'upgraded');
    await must(handle.operate('@1', { do: 'react', emoji: '👍' }));
    await upgraded.until((event) => (event.type === 'reaction' ? event : undefined), 'a reaction');
  },
);
