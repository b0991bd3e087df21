import type { INodeProperties } from 'n8n-workflow';

/** Which values other parameters have, by their names from the root of the node. */
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
 * A parameter that shows only where it counts, and keeps its value where it does not.
 *
 * n8n's editor empties each parameter that goes out of its sight, and saving drops each whose
 * definitions all have a condition that does not hold. So there is a second definition for all other
 * cases: a notice, which for the editor is in sight, of a class that takes up no room. (One of type
 * `hidden` is out of its sight, and what is greyed out is dropped.) An editor without that class shows
 * a sentence that is true.
 *
 * Names start at the root (`/subjectMode`): others n8n looks up among values from which what is not
 * shown has been dropped already.
 *
 * @param where - the cases in which it shows; no two of them at once
 * @param elsewhere - all other cases; no two of them at once
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
