import type { INodeProperties } from 'n8n-workflow';

/**
 * A parameter that differs in an agent's tool: n8n shows the first form in the node, and the second in
 * the tool that it makes from the node.
 *
 * @param change - what differs in the tool
 * @example
 * ```ts
 * ...toolProperty(recipient, { default: '' });
 * ```
 */
export function toolProperty(
	property: INodeProperties,
	change: Partial<INodeProperties>,
): INodeProperties[] {
	const { displayOptions } = property;
	const shownIn = (tool: boolean) => ({
		displayOptions: { ...displayOptions, show: { ...displayOptions?.show, '@tool': [tool] } },
	});
	return [
		{ ...property, ...shownIn(false) },
		{ ...property, ...change, ...shownIn(true) },
	];
}
