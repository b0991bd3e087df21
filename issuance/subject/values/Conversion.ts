/**
 * The converted value, or why it was refused; the words complete "NAME …" and never show the value.
 * The advice says how to convert the value to the expected form.
 */
export type Conversion =
	{ readonly value: unknown } | { readonly refused: string; readonly advice?: string | undefined };
