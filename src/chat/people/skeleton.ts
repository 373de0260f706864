/** Skeletons: forms of names that are equal where the names look alike. Pure. */
import { name as limits } from './limits.js';

/**
 * Returns the skeleton of a name: two names with one skeleton can be mistaken for each other. Compatibility forms,
 * marks and case are folded, then letters of other scripts, digits and signs to the character that they resemble.
 * Marks of trust, which only we give, leave the name. Never shown.
 */
export function skeletonOf(name: string): string {
  const known = skeletons.get(name);
  if (known !== undefined) return known;
  const skeleton = foldedLooks(name);
  if (name.length > limits.skeletonCharsRemembered) return skeleton;
  // A flood of names must not fill memory.
  if (skeletons.size >= limits.skeletonsRemembered) skeletons.clear();
  skeletons.set(name, skeleton);
  return skeleton;
}

/** Skeletons by name: each change of a row asks for that of its name. */
const skeletons = new Map<string, string>();

function foldedLooks(name: string): string {
  const stripped = name
    .normalize('NFKD')
    .replace(/[\p{M}\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/gu, '')
    .replace(trustSigns, '');
  const capitals = Array.from(stripped, (point) => capitalLookAlikes.get(point) ?? point).join('');
  const small = Array.from(capitals.toLowerCase(), (point) => lookAlikes.get(point) ?? point).join('');
  const folded = small.replaceAll('rn', 'm').replaceAll('vv', 'w').replaceAll('cl', 'd');
  return folded.replace(trustWords, '') || folded;
}

/**
 * Returns the skeletons of the names that `name` may be taken for: its own, and the one before a sign that looks like
 * `#`, since `Bob＃qv4v` looks like a Bob with his tag.
 */
export function looksOf(name: string): readonly string[] {
  const skeleton = skeletonOf(name);
  const at = skeleton.lastIndexOf('#');
  const hasTag = at > 0 && skeleton.length - at > limits.fakeTagCharsMin;
  return hasTag ? [skeleton, skeleton.slice(0, at)] : [skeleton];
}

/** Signs and words with which we mark a verified peer. */
const trustSigns = /[✓✔☑✅🗸🗹⚠]/gu;
const trustWords = /[([]?(?:un|not)?verlfled[)\]]?$/u;

/** Builds a table from pairs of strings of equal length: characters at one position look alike. */
function lookAlikeTable(pairs: readonly (readonly [string, string])[]): ReadonlyMap<string, string> {
  return new Map(
    pairs.flatMap(([from, to]) => {
      const targets = Array.from(to);
      return Array.from(from, (point, index) => [point, targets[index] ?? point] as const);
    }),
  );
}

/** Capitals whose small form looks like something else than the capital does. */
const capitalLookAlikes = lookAlikeTable([
  ['ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ', 'abezhikmnoptyx'],
  ['АВЕЅІЈКМНОРСТУХԌԚԜҮҺӀ', 'abesijkmhopctyxgqwyhl'],
  ['ᎪᏴᏟᎠᎬᎻᎫᏦᏞᎷᏢᏚᎢᏙᎳᏃ', 'abcdehjklmpstvwz'],
  ['I', 'l'],
]);

const lookAlikes = lookAlikeTable([
  ['αβγεηικνορστυχωϲ', 'abyenlkvopotuxwc'],
  ['авгеѕіјкмнорстухһԁԛԝүӏьё', 'abresljkmhopctyxhdqwylbe'],
  ['ıɩɪƖɑɡɢʀʏøłđħŧʼß', 'llllaggryoldhtʼb'],
  ['օսհոցղտքզաեէ', 'ouhngnmpqwet'],
  ['0123456789|!$@', 'olzeasbtbgllsa'],
  ['ᴀʙᴄᴅᴇɢʜᴊᴋʟᴍɴᴏᴘʀᴛᴜᴠᴡʏᴢ', 'abcdeghjklmnoprtuvwyz'],
  ['♯⌗⋕', '###'],
  ['‐‑‒–—―−', '-------'],
  ['‘’ʼ`´′', "''''''"],
  ['·•∙⋅', '....'],
  ['⁄∕∣ǀ', '//ll'],
  ['i', 'l'],
]);
