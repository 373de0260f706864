/** Searches in scripts without blanks, for emoji and for signs, and in every form of one letter. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entry, withHistory, type Driver } from './driver.js';

const found = async (history: Driver, search: string) => {
  const page = await history.call('page', { limit: 100, search });
  return page.isOk() ? page.value.map(({ seq }) => seq) : page.error.code;
};

const texts = [
  '我们明天中午在湖边见面', // 1
  '明日の会議は東京タワーで', // 2
  '내일 점심에 만나요', // 3
  'พรุ่งนี้เจอกันที่ทะเลสาบ', // 4
  'ជួបគ្នាថ្ងៃស្អែក', // 5
  '会议abc室 and Latin glued', // 6
  'well done 👍🏽 and 👨‍👩‍👧', // 7
  'written in C++ and C, a*b -> c', // 8
  'ｈａｌｆ ｗｉｄｔｈ ﬁne ﬂow', // 9
  'Всё ещё ждём', // 10
  'ISPARTA ılık', // 11
  'what?! really...', // 12
];

// Case H4
test('a search finds words as people see them, in every script', () =>
  withHistory(async (history) => {
    await history.call('append', { entries: texts.map((text, at) => entry(at, { text })) });
    for (const [query, seqs] of [
      ['湖边', [1]],
      ['午', [1]],
      ['边湖', []],
      ['会議', [2]],
      ['タワー', [2]],
      ['점심', [3]],
      ['만나', [3]],
      ['เจอกัน', [4]],
      ['ทะเล', [4]],
      ['ថ្ងៃ', [5]],
      ['会议', [6]],
      ['abc', [6]],
      ['abc室', [6]],
      ['👍', [7]],
      ['👍🏽', [7]],
      ['👧', [7]],
      ['🎉', []],
      ['C++', [8]],
      ['c', [8]],
      ['a*b', [8]],
      ['->', [8]],
      ['b*a', []],
      ['half', [9]],
      ['fine flow', [9]],
      ['flo*', [9]],
      ['все', [10]],
      ['ВСЁ', [10]],
      ['ilik', [11]],
      ['?!', [12]],
      ['!?', []],
      ['"明天 中午"', [1]],
    ] as const)
      assert.deepEqual(await found(history, query), seqs, query);
  }));

// Case H4
test('a prefix of a cut sign finds no other sign', () =>
  withHistory(async (history) => {
    await history.call('append', {
      entries: [entry(1, { text: '\u{1F600}' }), entry(2, { text: '\u1F60' })],
    });
    assert.deepEqual(await found(history, '\u{1F600}*'), [1]);
  }));
