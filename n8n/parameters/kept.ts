import type { INodeProperties } from 'n8n-workflow';

/** Conditions on other parameters: their values, by their paths from the root of the node. */
export type When = Readonly<Record<string, readonly (string | boolean)[]>>;

const shown = (when: When) => ({
	displayOptions: {
		show: Object.fromEntries(
			Object.entries(when).map(([name, values]) => [`/${name}`, [...values]]),
		),
	},
});

/**
 * Takes a notice out of sight in n8n's editor: the style of its library for a column without width
 * (Element Plus, `el-col-0`).
 */
const UNSEEN = 'el-col-0';

/**
 * A parameter that is shown only where it is used, and keeps its value elsewhere.
 *
 * n8n's editor clears each parameter that it no longer shows, and saving drops a parameter if the
 * conditions of all its definitions are false. So there is a second definition for all other cases: a
 * notice, which the editor counts as shown, with a CSS class that makes it invisible. (The type
 * `hidden` counts as not shown, and disabled parameters are dropped.) An editor without that class
 * shows a true sentence.
 *
 * Paths start at the root (`/subjectMode`): n8n looks up relative ones among values from which hidden
 * parameters have already been dropped.
 *
 * @param where - the cases in which it is shown; they exclude each other
 * @param elsewhere - all other cases; they exclude each other
 * @example
 * ```ts
 * ...kept(subjectJson, [{ subjectMode: ['json'] }], [{ subjectMode: ['fields', 'mapper'] }]);
 * ```
 */
export function kept(
	property: INodeProperties,
	where: readonly When[],
	elsewhere: readonly When[],
): INodeProperties[] {
	const { name, displayName, default: fallback } = property;
	return [
		...where.map((when): INodeProperties => ({ ...property, ...shown(when) })),
		...elsewhere.map((when): INodeProperties => ({
			displayName: `What ${displayName} holds is kept.`,
			name,
			type: 'notice',
			typeOptions: { containerClass: UNSEEN },
			default: fallback,
			...shown(when),
		})),
	];
}
