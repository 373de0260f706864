/** The house rules that a compiler cannot see. One file for each subject stands in `house/`. */
import './house/docs.js';
import './house/files.js';
import './house/language.js';
import './house/law.js';
import './house/texts.js';
import './house/walks.js';
