/** English: the whole catalogue. */
import { prompt } from './prompt.js';
import { settings } from './settings.js';
import { slash } from './slash.js';

/** The English catalogue, whose shape every translation has. */
export const english = { prompt, settings, slash };
