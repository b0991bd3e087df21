import type { IExecuteFunctions } from 'n8n-workflow';
import { isTool } from '../run/execution';

/** What an item plainly has, or that n8n has to say what it is. */
type Read = { readonly value: unknown } | undefined;

/** Reads from the JSON of an item. */
type Reader = (json: unknown) => Read;

/** Nothing but a path into the item, as n8n writes it when a field is dragged: `={{ $json.a['b c'][0] }}`. */
const STEP = /\.([A-Za-z_]\w*)|\['([^'\\{}\r\n]*)'\]|\["([^"\\{}\r\n]*)"\]|\[(\d+)\]/g;
const REFERENCE = new RegExp(`^=\\{\\{\\s*\\$json((?:${STEP.source})+)\\s*\\}\\}$`);

/** Any reading of the item, also within a longer expression. */
const READING = new RegExp(`\\$json((?:${STEP.source})+)(\\s*\\()?`, 'g');

const stepsOf = (text: string) =>
	[...text.matchAll(STEP)].map(([, ...names]) => names.find(Boolean) ?? '');

/**
 * The field that an expression is nothing but a reference to, with dots between its steps.
 *
 * @param expression - what stands between the braces
 * @example
 * ```ts
 * fieldOf(' $json.body.email '); // 'body.email'
 * ```
 */
export function fieldOf(expression: string): string | undefined {
	const steps = REFERENCE.exec(`={{${expression}}}`)?.[1];
	return steps === undefined ? undefined : stepsOf(steps).join('.');
}

/**
 * The fields of the item that a parameter reads by name, with dots between their steps.
 *
 * @param raw - the parameter with its expressions as text
 * @example
 * ```ts
 * fieldsIn('={{ $json.email.trim() }}'); // ['email']
 * ```
 */
export function fieldsIn(raw: unknown): string[] {
	if (typeof raw !== 'string' || !raw.startsWith('=')) return [];
	return [...raw.matchAll(READING)].map((match) => {
		const steps = stepsOf(match[1] ?? '');
		// The last step is not a field where it is called.
		return (match.at(-1) === undefined ? steps : steps.slice(0, -1)).join('.');
	});
}

/** n8n rejects these names; leave them to n8n so that it still does. */
const REFUSED = ['__proto__', 'constructor', 'prototype'];

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
	typeof value === 'object' &&
	value !== null &&
	(Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype);

/** Text, a number, true or false: whatever else there may be, n8n has rules of its own for it. */
const isSimple = (value: unknown) =>
	typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);

function follow(path: readonly string[]): Reader {
	return (json) => {
		let at = json;
		for (const step of path) {
			if (!isPlain(at) || !Object.hasOwn(at, step)) return undefined;
			at = at[step];
		}
		return isSimple(at) ? { value: at } : undefined;
	};
}

function readerOfText(text: string): Reader | undefined {
	if (!text.startsWith('=')) return () => ({ value: text });
	const steps = REFERENCE.exec(text)?.[1];
	if (steps === undefined) return undefined;
	const path = stepsOf(steps);
	return path.some((name) => REFUSED.includes(name)) ? undefined : follow(path);
}

/** Reads what holds other values: all of them, or nothing. */
function readerOfMembers(members: readonly (readonly [string, unknown])[]): Reader | undefined {
	const readers: (readonly [string, Reader])[] = [];
	for (const [name, member] of members) {
		const reader = readerOf(member);
		if (reader === undefined) return undefined;
		readers.push([name, reader]);
	}
	return (json) => {
		const read: [string, unknown][] = [];
		for (const [name, reader] of readers) {
			const found = reader(json);
			if (found === undefined) return undefined;
			read.push([name, found.value]);
		}
		return { value: Object.fromEntries(read) };
	};
}

function readerOf(raw: unknown): Reader | undefined {
	if (typeof raw === 'string') return readerOfText(raw);
	if (typeof raw !== 'object' || raw === null) return () => ({ value: raw });
	const whole = readerOfMembers(Object.entries(raw));
	if (whole === undefined || !Array.isArray(raw)) return whole;
	return (json) => {
		const read = whole(json);
		return read && { value: Object.values(read.value as object) as unknown[] };
	};
}

/**
 * Reads a parameter whose expressions are nothing but fields of the item, dragged there by a user:
 * straight from the item, as evaluating an expression takes n8n longer than everything that is done
 * with it (about 0.7 ms). Gives what n8n would give, or leaves it to n8n: whatever else an
 * expression holds, what the item does not have, and what is neither text, number nor boolean.
 *
 * @param raw - the parameter with its expressions as text
 * @returns undefined when n8n has to evaluate it for each item; else a reader that gives undefined
 *   when n8n has to evaluate it for this item
 * @example
 * ```ts
 * itemReferences(this, '={{ $json.email }}')?.(0); // { value: 'ada@example.com' }
 * ```
 */
export function itemReferences(
	context: IExecuteFunctions,
	raw: unknown,
): ((itemIndex: number) => Read) | undefined {
	const reader = readerOf(raw);
	// For an agent's tool, `$json` is not the item that the tool is given.
	if (reader === undefined || isTool(context)) return undefined;
	const items = context.getInputData();
	return (itemIndex) => reader(items[itemIndex]?.json);
}
