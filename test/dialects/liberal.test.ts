/** Messages of other programs that speak a dialect in their own way, and how they are read. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { cmp2204 } from '../../src/dialects/cmp2204/codec.js';
import type { AnyForeignDialect } from '../../src/dialects/dialect.js';
import { netech } from '../../src/dialects/netech/codec.js';
import { synergy } from '../../src/dialects/synergy/codec.js';
import { heardOf, plainOptions } from '../support/captures.js';
import { holds } from '../support/seeds.js';

const heard = (dialect: AnyForeignDialect, words: string): readonly unknown[] => {
  const machine = dialect.openMachine('accept', plainOptions);
  return heardOf([
    ...machine.receive({ type: 'bytes', bytes: Buffer.from(words) }, 1),
    ...machine.receive({ type: 'idle' }, 1),
    ...machine.receive({ type: 'closed' }, 1),
  ]);
};

const written = (message: Parameters<typeof synergy.encode>[0]): string =>
  Buffer.from(synergy.encode(message)._unsafeUnwrap()).toString();

describe('synergy', () => {
  const hi = { type: 'text', text: 'hi', name: 'ann', form: 'json', encryption: 'none' };

  // Case T2
  test('blanks in a name become underscores in the older form, and nowhere else', () => {
    const course = {
      form: 'course',
      host: '10.0.0.7',
      port: 8_080,
      name: 'ann lee  b',
      content: 'two words',
    } as const;
    assert.equal(written(course), '10.0.0.7:8080 ann_lee__b two words');
    assert.match(
      written({ ...course, form: 'json' }),
      /"sender_name": "ann lee {2}b".*"content": "two words"/,
    );
    for (const [form, expected] of [
      ['course', '10.0.0.7:8080 ann_lee hi there'],
      ['json', '{"type": "message", "sender_name": "ann lee", "sender_port": 8080, "content": "hi there"}'],
    ] as const) {
      const own = {
        ...plainOptions,
        name: form === 'course' ? 'ann \t lee' : 'ann lee',
        address: '10.0.0.7',
        listeningPort: 8_080,
        form,
      };
      const said = synergy
        .openMachine('dial', own)
        .say({ type: 'text', id: null, sentAtMs: 1, text: 'hi there' });
      const writes = said
        ._unsafeUnwrap()
        .flatMap((output) => (output.type === 'write' ? [output.bytes] : []));
      assert.equal(Buffer.concat(writes).toString(), expected);
    }
  });

  test('a port that cannot be used leaves the source port, and the text is heard', () => {
    for (const port of [
      '"abc"',
      '""',
      '0',
      '70000',
      '-1',
      '1.5',
      '1e3',
      'true',
      'null',
      '[8080]',
      '{}',
      '"0x50"',
    ])
      assert.deepEqual(
        heard(synergy, `{"type": "message", "sender_name": "ann", "sender_port": ${port}, "content": "hi"}`),
        [{ ...hi, port: port === '1e3' ? 1_000 : null }],
        port,
      );
    assert.deepEqual(heard(synergy, '{"sender_name": "ann", "content": "hi"}'), [{ ...hi, port: null }]);
  });

  test('numbers as text, text as numbers, and other spellings of the keys are read', () => {
    for (const words of [
      '{"type": "message", "sender_name": "ann", "sender_port": "8080", "content": "hi"}',
      '{"type": "Message", "sender name": "ann", "sender port": " 8080 ", "content": "hi"}\n',
      '{"type": null, "senderName": " ann ", "senderPort": 8080, "Content": "hi"}\r\n',
      ' {"SENDER-NAME":"ann","SENDER-PORT":8080.0,"content":"hi"}',
    ])
      assert.deepEqual(heard(synergy, words), [{ ...hi, port: 8_080 }], words);
    assert.deepEqual(heard(synergy, '{"sender_name": 7, "content": 42}'), [
      { ...hi, text: '42', name: '7', port: null },
    ]);
  });

  test('input without meaning is malformed, once', () => {
    for (const words of [
      '{"type": "message", "sender_port": 8080}',
      '{"type": "message", "content": null}',
      '{"type": "message", "content": true}',
      '{"type": "message", "content": ["hi"]}',
      '{"type": "message", "content": 1e999}',
      '{"content": "hi", "Content": "ho"}',
      '{"content": "hi"',
      '10.0.0.7:8080 ann',
      '10.0.0.7:x ann hi',
      'host:8080 ann hi',
    ])
      assert.deepEqual(heard(synergy, words), [{ failed: 'dialect/malformed' }], words);
  });

  test('a text that names an invalid address is heard, from the source port', () => {
    const text = { ...hi, form: 'course' };
    for (const [words, port] of [
      ['10.0.0.7:0 ann hi', null],
      ['10.0.0.7:99999 ann hi', null],
      ['10.0.0.256:8080 ann hi', 8_080],
      ['LocalHost:8080 ann hi', 8_080],
    ] as const)
      assert.deepEqual(heard(synergy, words), [{ ...text, port }], words);
  });

  test('a byte order mark and white space before a message mean nothing', () => {
    for (const blanks of ['\ufeff', ' \r\n', '\ufeff\n'])
      for (const [dialect, words] of [
        [cmp2204, '{"unencrypted message": "hi"}'],
        [synergy, '{"content": "hi"}'],
        [synergy, '10.0.0.7:8080 ann hi'],
        [netech, 'LISTENING_PORT:7070|TEAM_NAME:blue|hi'],
      ] as const)
        assert.deepEqual(
          heard(dialect, blanks + words),
          heard(dialect, words),
          JSON.stringify(blanks + words),
        );
  });

  test('silence within a character does not end a message, whose rest would be lost', () => {
    const machine = synergy.openMachine('accept', plainOptions);
    const words = Buffer.from('10.0.0.7:8080 ann sp\u00e4t');
    const cut = words.length - 2;
    const outputs = [
      ...machine.receive({ type: 'bytes', bytes: words.subarray(0, cut) }, 1),
      ...machine.receive({ type: 'idle' }, 1),
    ];
    assert.deepEqual(outputs, []);
    const rest = [
      ...machine.receive({ type: 'bytes', bytes: words.subarray(cut) }, 1),
      ...machine.receive({ type: 'idle' }, 1),
    ];
    assert.deepEqual(heardOf(rest), [{ ...hi, text: 'sp\u00e4t', form: 'course', port: 8_080 }]);
  });

  // Case O4
  test('a typed command goes out alone, since programs compare the whole text with it', () => {
    for (const dialect of [synergy, netech])
      for (const [typed, sent] of [
        [' Exit ', /(?: ann |\|)Exit$/],
        ['exit now ', /exit now $/],
      ] as const) {
        const machine = dialect.openMachine('dial', { ...plainOptions, name: 'ann', form: null });
        const said = machine.say({ type: 'text', id: null, sentAtMs: 1, text: typed })._unsafeUnwrap();
        const [first] = said;
        assert.ok(first?.type === 'write');
        assert.match(Buffer.from(first.bytes).toString(), sent);
      }
  });

  test('glued messages of the older form part at their head, however it is spelled', () => {
    for (const head of ['10.0.0.7:8080 ann ', '10.0.0.7:08080 ann ', '10.0.0.7:8080 a\tn '])
      for (const lineEnd of ['', '\n', '\r\n']) {
        const texts = heard(synergy, `${head}hi there${lineEnd}${head}connect${lineEnd}${head}so${lineEnd}`);
        assert.deepEqual(
          texts.map((one) =>
            typeof one === 'object' && one !== null && 'text' in one ? one.text : 'connect',
          ),
          ['hi there', 'connect', 'so'],
          JSON.stringify(head + lineEnd),
        );
      }
  });
});

describe('netech', () => {
  test('the labels are read in every spelling', () => {
    const blue = heard(netech, 'LISTENING_PORT:7070|TEAM_NAME:blue|hi');
    for (const head of ['Listening Port : 7070 |Team Name :blue|', 'ListeningPort:7070|TeamName:blue|'])
      assert.deepEqual(heard(netech, `${head}hi`), blue, head);
  });

  test('a team name is written again as it was read, blanks and all', (t) => {
    const team = fc.string({ unit: fc.constantFrom('a', ' ', 'é', '|', '世', '\t', ':'), maxLength: 20 });
    holds(
      t,
      fc.property(team, fc.string({ maxLength: 20 }), (name, text) => {
        const frame = Buffer.from(`LISTENING_PORT:7070|TEAM_NAME:${name.replaceAll('|', '')}|${text}`);
        const again = netech.decode(frame).andThen((message) => netech.encode(message));
        assert.deepEqual(Buffer.from(again._unsafeUnwrap()), frame);
      }),
      { numRuns: 500 },
    );
  });

  test('glued messages part at their head, however it is spelled', () => {
    for (const head of [
      'LISTENING_PORT:7070|TEAM_NAME:blue|',
      'LISTENING_PORT: 7070 | TEAM_NAME: blue |',
      'LISTENING_PORT:07070|TEAM_NAME:blue  |',
      'listening_port:7070|team_name:blue|',
      'Listening_Port:7070|Team_Name:blue|',
    ])
      for (const lineEnd of ['', '\n', '\r\n']) {
        const texts = heard(netech, `${head}one|two${lineEnd}${head}three${lineEnd}`);
        const sender = { name: 'blue', port: 7_070, form: null, encryption: 'none' };
        assert.deepEqual(
          texts,
          [
            { type: 'text', text: 'one|two', ...sender },
            { type: 'text', text: 'three', ...sender },
          ],
          JSON.stringify(head + lineEnd),
        );
      }
  });

  test('the rest of a text that silence had parted does not swallow the next message', () => {
    const head = 'LISTENING_PORT:7070|TEAM_NAME:blue |';
    const machine = netech.openMachine('accept', plainOptions);
    const texts = [`${head}a long `, `story${head}next`].flatMap((words) =>
      heardOf([
        ...machine.receive({ type: 'bytes', bytes: Buffer.from(words) }, 1),
        ...machine.receive({ type: 'idle' }, 1),
      ]).map((one) => (typeof one === 'object' && one !== null && 'text' in one ? one.text : one)),
    );
    assert.deepEqual(texts, ['a long ', 'story', 'next']);
  });

  test('a header that is not whole is read as the older program reads it', () => {
    const nobody = { name: 'unknown_team', port: null, form: null, encryption: 'none' };
    const cases: readonly (readonly [string, object])[] = [
      ['LISTENING_PORT:7070', { text: 'LISTENING_PORT:7070', ...nobody }],
      ['LISTENING_PORT:7070|hello', { text: 'LISTENING_PORT:7070|hello', ...nobody }],
      ['LISTENING_PORT:none|TEAM_NAME:blue|hi', { text: 'hi', ...nobody, name: 'blue' }],
      ['LISTENING_PORT:70000|TEAM_NAME:blue|hi|there', { text: 'hi|there', ...nobody, name: 'blue' }],
      ['LISTENING_PORT:7070|blue|hi', { text: 'hi', ...nobody, port: 7_070 }],
    ];
    for (const [frame, words] of cases)
      assert.deepEqual(heard(netech, frame), [{ type: 'text', ...words }], frame);
  });

  test('a team without a name is unknown_team, and a header of another port is text', () => {
    const sender = { name: 'unknown_team', port: 7_070, form: null, encryption: 'none' };
    assert.deepEqual(heard(netech, 'LISTENING_PORT:7070|TEAM_NAME: |say LISTENING_PORT:1|TEAM_NAME:x|y'), [
      { type: 'text', text: 'say LISTENING_PORT:1|TEAM_NAME:x|y', ...sender },
    ]);
  });
});

describe('cmp2204', () => {
  test('every spelling of a key is read, and remembered for the answer', () => {
    for (const [key, keys] of [
      ['unencrypted message', 'blank'],
      ['unencrypted_message', 'underscore'],
      ['unencryptedmessage', 'joined'],
      ['Unencrypted_Message', 'underscore'],
      ['unencryptedMessage', 'joined'],
    ] as const)
      assert.deepEqual(
        cmp2204.decode(Buffer.from(`{"${key}": "hi", "extra": [1]}`))._unsafeUnwrap(),
        { type: 'plain', keys, text: 'hi', user: null },
        key,
      );
  });

  test('a public number is read in each of its forms', () => {
    for (const [value, number] of [
      [`"b'8'"`, 'repr'],
      [`"b\\"8\\""`, 'repr'],
      [`" b'8' "`, 'repr'],
      ['"8"', 'string'],
      ['" 8\\n"', 'string'],
      ['8', 'bare'],
      ['8.0', 'bare'],
    ] as const)
      assert.deepEqual(
        cmp2204.decode(Buffer.from(`{"key": ${value}}`))._unsafeUnwrap(),
        { type: 'key', number, publicNumber: 8n },
        value,
      );
  });

  test('a text as a number is read, and what is neither is malformed', () => {
    assert.deepEqual(cmp2204.decode(Buffer.from('{"unencrypted message": 42}'))._unsafeUnwrap(), {
      type: 'plain',
      keys: 'blank',
      text: '42',
      user: null,
    });
    // Case O9: a sibling sends such objects.
    assert.deepEqual(
      cmp2204.decode(Buffer.from('{"user": "eve", "key": 0, "unencrypted_message": "hi"}'))._unsafeUnwrap(),
      { type: 'plain', keys: 'underscore', text: 'hi', user: 'eve' },
    );
    for (const words of [
      '{"unencrypted message": true}',
      '{"unencrypted message": null}',
      '{"unencrypted message": {"a": "hi"}}',
      '{"key": true}',
      '{"key": "eight"}',
      '{"key": 8.5}',
      '{"key": -8}',
      `{"key": "b'8"}`,
      '{"key": 8, "encrypted message": "hi"}',
      '{}',
    ])
      assert.deepEqual(heard(cmp2204, words), [{ failed: 'dialect/malformed' }], words);
  });
});
