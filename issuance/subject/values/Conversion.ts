/** The converted value, or why it was refused; the words complete "NAME …" and never show the value. */
export type Conversion = { readonly value: unknown } | { readonly refused: string };
