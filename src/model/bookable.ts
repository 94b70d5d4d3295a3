/** Longest text of a column that others choose, in characters. */
export const TEXT_MAX = 256;

/** A text that others chose, as the books keep it: the first 256 characters, without what breaks a line, a label or a column. */
export const bookable = (text: string): string => plain(text.length > TEXT_MAX ? text.slice(0, TEXT_MAX) : text);

/** Without control characters, of which PostgreSQL refuses one, and halves of characters: JSON can hold them all. */
export const plain = (text: string): string => (isPlain(text) ? text : text.replace(CONTROLS, '\ufffd').toWellFormed());

/** Whether a text can be kept as it is. */
export const isPlain = (text: string): boolean => !CONTROL.test(text) && text.isWellFormed();

const CONTROL = /\p{Cc}/u;
const CONTROLS = /\p{Cc}/gu;
