import type { INodeProperties } from 'n8n-workflow';
import { z, type ZodError } from 'zod';
import { AirError } from '../../errors/AirError';

/** The labels of parameters, options and their fields, by name. */
export type Labels = ReadonlyMap<string, string>;

/**
 * The labels in the editor, taken from the properties, so that errors use the names that users see.
 *
 * @param properties - of a node; including nested collections
 * @example
 * ```ts
 * labelsOf(properties).get('requestTimeout'); // 'Request Timeout'
 * ```
 */
export function labelsOf(properties: readonly INodeProperties[]): Labels {
	const labels = new Map<string, string>();
	const read = (property: INodeProperties) => {
		// The first definition is the one that people see; see `kept`.
		if (!labels.has(property.name)) labels.set(property.name, property.displayName);
		for (const option of property.options ?? []) {
			if ('values' in option) option.values.forEach(read);
			else if ('type' in option) read(option);
		}
	};
	properties.forEach(read);
	return labels;
}

/**
 * The error for a parameter that its schema refuses.
 *
 * @param labels - of the node
 * @param error - its messages complete "LABEL …" and never show the value
 * @param parameter - the name of the parameter that was read, if the paths of the error begin below it
 */
export function settingInvalid(labels: Labels, error: ZodError, parameter = ''): AirError {
	const { path = [], message = 'is not as expected' } = error.issues[0] ?? {};
	const name = [parameter, ...path.map(String)].findLast((part) => labels.has(part)) ?? parameter;
	return new AirError('AIR_SETTING_INVALID', { detail: `${labels.get(name) ?? name} ${message}` });
}

const GIVES_NOTHING = 'has an expression that gives nothing';

/** Text, also of an expression. */
export const plainText = () =>
	z.string({ error: ({ input }) => (input == null ? GIVES_NOTHING : 'must be text') });

/**
 * The filters of a node. One whose expression gives nothing is refused: left out, it would let
 * everything through.
 *
 * @param schema - of the filters
 */
export const filtersOf = <Schema extends z.ZodType>(schema: Schema) =>
	z.preprocess((given: unknown, context) => {
		for (const [name, value] of Object.entries(given ?? {}) as [string, unknown][]) {
			if (value != null) continue;
			context.addIssue({ code: 'custom', path: [name], message: GIVES_NOTHING });
		}
		return given === undefined ? {} : given;
	}, schema);

/** A number between two bounds; also as text, which expressions may give. */
export function numberFrom(least: number, most: number, unit: string) {
	const words = `must be ${least} to ${most} ${unit}`;
	return z.coerce.number(words).min(least, words).max(most, words);
}

/** A whole number between two bounds; also as text, which expressions may give. */
export function wholeNumberFrom(least: number, most: number, unit = '') {
	const words = `must be a whole number${unit && ` of ${unit}`} from ${least} to ${most}`;
	return z.coerce.number(words).int(words).min(least, words).max(most, words);
}

export const trueOrFalse = () => z.boolean('must be true or false');
