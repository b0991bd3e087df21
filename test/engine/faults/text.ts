/** What should be text in an item; anything else shows as what it is. */
export const text = (value: unknown): string =>
	typeof value === 'string' ? value : `not text: ${JSON.stringify(value)}`;
