/** A header's value with a question mark for every letter that no header can hold, such as those of a model's name in Greek. */
export const headerText = (value: string): string => value.replace(/[^\t\x20-\x7e]/g, '?');
