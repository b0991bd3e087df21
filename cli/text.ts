/** Characters that control terminals or are invisible: a value must not do that to the reader. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

const LONGEST_ECHO = 60;

/** A value on one line, with non-printable characters escaped. */
export function printable(value: string): string {
	return value.replace(
		UNPRINTABLE,
		(character) => NAMED[character] ?? `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
	);
}

/** JSON on one line that is also safe on a terminal, with the same meaning. */
export function printableJson(value: unknown): string {
	return JSON.stringify(value).replace(UNPRINTABLE, (character) =>
		Array.from(
			{ length: character.length },
			(_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`,
		).join(''),
	);
}

/** Removes passwords from connection URLs in a text. */
export function withoutSecrets(text: string): string {
	return text.replace(/:\/\/.*@/gs, '://…@').replace(/(password=)[^&\s]*/gi, '$1…');
}

/** Input to be shown in an error; it may be a connection URL in the wrong place. */
export function echo(typed: string): string {
	const text = printable(withoutSecrets(typed));
	return `“${text.length > LONGEST_ECHO ? `${text.slice(0, LONGEST_ECHO)}…` : text}”`;
}

/** `1 row`, `2 rows`. */
export const rows = (count: number) => `${count} ${count === 1 ? 'row' : 'rows'}`;
