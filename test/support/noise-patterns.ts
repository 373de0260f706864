/**
 * Noise's fundamental and deferred patterns, and the modifiers psk and hfs, for the vectors: what the product does not
 * speak but its engine can. Written down as in revision 34, sections 7.4, 7.5 and 18.1.
 */
import type { HandshakePattern, Token, TokenExtension } from '../../src/session/noise/patterns.js';

const bases: Readonly<Record<string, string>> = {
  N: '<s | e es',
  K: '>s <s | e es ss',
  X: '<s | e es s ss',
  NN: '| e | e ee',
  NK: '<s | e es | e ee',
  NX: '| e | e ee s es',
  KN: '>s | e | e ee se',
  KK: '>s <s | e es ss | e ee se',
  KX: '>s | e | e ee se s es',
  XN: '| e | e ee | s se',
  XK: '<s | e es | e ee | s se',
  XX: '| e | e ee s es | s se',
  IN: '| e s | e ee se',
  IK: '<s | e es s ss | e ee se',
  IX: '| e s | e ee se s es',
  NK1: '<s | e | e ee es',
  NX1: '| e | e ee s | es',
  X1N: '| e | e ee | s | se',
  X1K: '<s | e es | e ee | s | se',
  XK1: '<s | e | e ee es | s se',
  X1K1: '<s | e | e ee es | s | se',
  X1X: '| e | e ee s es | s | se',
  XX1: '| e | e ee s | es s se',
  X1X1: '| e | e ee s | es s | se',
  K1N: '>s | e | e ee | se',
  K1K: '>s <s | e es | e ee | se',
  KK1: '>s <s | e | e ee se es',
  K1K1: '>s <s | e | e ee es | se',
  K1X: '>s | e | e ee s es | se',
  KX1: '>s | e | e ee se s | es',
  K1X1: '>s | e | e ee s | se es',
  I1N: '| e s | e ee | se',
  I1K: '<s | e es s | e ee | se',
  IK1: '<s | e s | e ee se es',
  I1K1: '<s | e s | e ee es | se',
  I1X: '| e s | e ee s es | se',
  IX1: '| e s | e ee se s | es',
  I1X1: '| e s | e ee s | se es',
};

const isToken = (text: string): text is Token =>
  ['e', 's', 'ee', 'es', 'se', 'ss', 'psk', 'e1', 'ekem1'].includes(text);

/** Two secrets per message in the older draft: `f` travels after `e`, `ff` is mixed after `ee`. */
export interface OlderHybrid {
  readonly f: TokenExtension;
  readonly ff: TokenExtension;
}

/** `name` as in a protocol name, such as "XXhfs+psk0"; with `older`, hfs is that draft's. */
export function parsePattern(name: string, older?: OlderHybrid): HandshakePattern {
  const [, base = '', modifierText = ''] = /^([A-Z0-9]+)(.*)$/.exec(name) ?? [];
  const [premessages = '', ...lines] = (bases[base] ?? '').split('|');
  if (lines.length === 0) throw new Error(`no pattern ${name}`);
  let messages: (Token | TokenExtension)[][] = lines.map((line) => line.trim().split(' ').filter(isToken));
  for (const modifier of modifierText.split('+').filter((text) => text !== '')) {
    if (modifier === 'hfs') messages = messages.map((message) => withHybrid(message, older));
    else {
      const place = Number(modifier.slice(3));
      if (place === 0) messages[0]?.unshift('psk');
      else messages[place - 1]?.push('psk');
    }
  }
  return {
    name,
    initiatorPremessage: premessages.includes('>s') ? ['s'] : [],
    responderPremessage: premessages.includes('<s') ? ['s'] : [],
    messages,
  };
}

function withHybrid(
  message: readonly (Token | TokenExtension)[],
  older: OlderHybrid | undefined,
): (Token | TokenExtension)[] {
  const isFirst = !message.includes('ee');
  if (older !== undefined) return insertAfter(insertAfter(message, 'e', older.f), 'ee', older.ff);
  // `e1` comes after the first `e` of the initiator, or after its `es` where that follows.
  if (!isFirst) return insertAfter(message, 'ee', 'ekem1');
  const anchor = message.includes('es') ? 'es' : 'e';
  return insertAfter(message, anchor, 'e1');
}

const insertAfter = (
  message: readonly (Token | TokenExtension)[],
  anchor: Token,
  added: Token | TokenExtension,
): (Token | TokenExtension)[] => message.flatMap((token) => (token === anchor ? [token, added] : [token]));
