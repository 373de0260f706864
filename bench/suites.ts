/**
 * The classic tasks of actor benchmarks as data: what each actor does with a word, without any library. Sources:
 * the Savina suite (Imam and Sarkar, 2014) and the thread ring and chameneos of the Computer Language Benchmarks Game.
 */

/** A message of every task. */
export interface Word {
  readonly n: number;
  /** Number of its sender. */
  readonly from: number;
}

/** Sends a word to the actor of that number. */
export type Tell = (to: number, word: Word) => void;

/** One actor of a task: what it does with a word. */
export type Part = (word: Word, tell: Tell) => void;

/** A task. It begins with one word to actor 0, and ends with a word to the judge. */
export interface Suite {
  readonly actors: number;
  /** Words that the whole task takes. */
  readonly words: number;
  /** Makes the actor of that number, with a state of its own. */
  part(self: number): Part;
}

/** The number of the one who waits for the end. */
export const judge = -1;
/** Numbers of a word that are no count. */
const go = -2;
const done = -3;

const workers = 60;
const perWorker = 400;
const trips = 20_000;

const pingPong: Suite = {
  actors: 2,
  words: trips,
  part(self) {
    let left = trips / 2;
    return (_word, tell) => {
      left -= 1;
      tell(left < 0 ? judge : 1 - self, { n: left, from: self });
    };
  },
};

const counting: Suite = {
  actors: 2,
  words: trips,
  part(self) {
    let sum = 0;
    return (_word, tell) => {
      if (self === 0) for (let n = 1; n <= trips; n += 1) tell(1, { n, from: 0 });
      else if ((sum += 1) === trips) tell(judge, { n: sum, from: self });
    };
  },
};

const ringSize = 100;
const threadRing: Suite = {
  actors: ringSize,
  words: trips,
  part: (self) => (word, tell) => {
    if (word.n === go) tell(1, { n: trips, from: 0 });
    else if (word.n === 0) tell(judge, word);
    else tell((self + 1) % ringSize, { n: word.n - 1, from: self });
  },
};

const forkJoin: Suite = {
  actors: workers + 1,
  words: workers * perWorker,
  part(self) {
    let left = self === 0 ? workers : perWorker;
    return (word, tell) => {
      if (word.n === go) {
        for (let n = 0; n < perWorker; n += 1)
          for (let to = 1; to <= workers; to += 1) tell(to, { n, from: 0 });
        return;
      }
      left -= 1;
      if (left === 0) tell(self === 0 ? judge : 0, { n: done, from: self });
    };
  },
};

const fanIn: Suite = {
  actors: workers + 1,
  words: workers * perWorker,
  part(self) {
    let left = workers * perWorker;
    return (word, tell) => {
      if (self !== 0) for (let n = 0; n < perWorker; n += 1) tell(0, { n, from: self });
      else if (word.n === go) for (let to = 1; to <= workers; to += 1) tell(to, { n: go, from: 0 });
      else if ((left -= 1) === 0) tell(judge, word);
    };
  },
};

const bigSize = 40;
const bigRounds = 250;
/** Every actor asks actors that its dice choose, and answers each question. */
const big: Suite = {
  actors: bigSize + 1,
  words: 2 * bigSize * bigRounds,
  part(self) {
    let left = self === 0 ? bigSize : bigRounds;
    let dice = self + 1;
    return ({ n, from }, tell) => {
      if (self === 0) {
        if (n === go) for (let to = 1; to <= bigSize; to += 1) tell(to, { n: done, from: 0 });
        else if ((left -= 1) === 0) tell(judge, { n, from });
      } else if (n === go) tell(from, { n: done, from: self });
      else if ((left -= 1) < 0) tell(0, { n: done, from: self });
      else {
        dice = (Math.imul(dice, 1_103_515_245) + 12_345) >>> 0;
        tell(1 + (dice % bigSize), { n: go, from: self });
      }
    };
  },
};

const creatures = 50;
const meetings = 6_000;
/** Creatures of three colours meet in pairs at a mall, and each takes the colour that neither of the two has. */
const chameneos: Suite = {
  actors: creatures + 1,
  words: 4 * meetings,
  part(self) {
    let colour = self % 3;
    let waiting: Word | null = null;
    let left = meetings;
    const mall: Part = (word, tell) => {
      if (word.n === go) for (let to = 1; to <= creatures; to += 1) tell(to, { n: go, from: 0 });
      else if (left === 0) return;
      else if (waiting === null) waiting = word;
      else {
        tell(word.from, waiting);
        tell(waiting.from, word);
        waiting = null;
        left -= 1;
        if (left === 0) tell(judge, word);
      }
    };
    const creature: Part = ({ n }, tell) => {
      if (n !== go) colour = n === colour ? colour : 3 - n - colour;
      tell(0, { n: colour, from: self });
    };
    return self === 0 ? mall : creature;
  },
};

/** All tasks by name. */
export const suites = {
  'ping-pong': pingPong,
  counting,
  'thread ring': threadRing,
  'fork-join': forkJoin,
  'fan-in': fanIn,
  big,
  chameneos,
} as const satisfies Readonly<Record<string, Suite>>;

/** Name of a task. */
export type SuiteName = keyof typeof suites;

/** The word with which a task begins. */
export const firstWord: Word = { n: go, from: judge };
