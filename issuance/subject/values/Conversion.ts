/**
 * Whether a value was converted, or why not; the words complete "NAME …" and never show the value.
 * The advice says how to bring it into the form that is wanted.
 */
export type Conversion =
	{ readonly value: unknown } | { readonly refused: string; readonly advice?: string | undefined };
