/** Whether a value was converted, or why not; the words complete "NAME …" and never show the value. */
export type Conversion = { readonly value: unknown } | { readonly refused: string };
