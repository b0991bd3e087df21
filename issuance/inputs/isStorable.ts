/**
 * Whether a database returns a text unchanged: PostgreSQL refuses a NUL, and half of a surrogate pair
 * is stored as U+FFFD.
 */
export const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes('\0');
