/** The first language that an `accept-language` names, lower case, such as `de-at`; undefined where it names none, as `*`. */
export const languageIn = (header: string): string | undefined => /^\s*([a-z]{1,8}(?:-[a-z0-9]{1,8})*)/i.exec(header)?.[1]?.toLowerCase();

/** A whole tag as `languageIn` finds it, in either case: what is no such tag no caller can name. */
export const LANGUAGE = /^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$/;
