/** The objects cut out of a text, and the text around them. */
export interface JsonObjects {
	readonly objects: readonly string[];
	readonly around: string;
	/** Braces or quotes that are not closed. */
	readonly cut: boolean;
}

/**
 * Cuts the outermost `{…}` out of a text: one object, a list of them, or several that were pasted
 * below one another, in one pass.
 *
 * @example
 * ```ts
 * jsonObjects('{"a":1}\n{"b":2}').objects; // ['{"a":1}', '{"b":2}']
 * ```
 */
export function jsonObjects(text: string): JsonObjects {
	const objects: string[] = [];
	let around = '';
	let depth = 0;
	let begin = 0;
	let inString = false;
	for (let at = 0; at < text.length; at++) {
		const character = text[at];
		if (inString) {
			if (character === '\\') at++;
			else if (character === '"') inString = false;
		} else if (character === '"' && depth > 0) {
			inString = true;
		} else if (character === '{') {
			if (depth === 0) around += text.slice(begin, at);
			if (depth++ === 0) begin = at;
		} else if (character === '}' && depth > 0 && --depth === 0) {
			objects.push(text.slice(begin, at + 1));
			begin = at + 1;
		}
	}
	if (depth === 0) around += text.slice(begin);
	return { objects, around, cut: depth > 0 };
}
