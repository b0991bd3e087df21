import { runInNewContext } from 'node:vm';
import type { IExecuteFunctions, INodeProperties, IPollFunctions } from 'n8n-workflow';
import { callOptionsReader } from '../../../n8n/parameters/callOptions';
import { labelsOf } from '../../../n8n/parameters/settingInvalid';
import { assertToolMayRead } from '../../../n8n/tool/toolUse';
import { properties as statusProperties } from '../../../nodes/MocaAirGetIssuanceStatus/properties';
import { properties as issueProperties } from '../../../nodes/MocaAirIssueOnBehalf/properties';
import { properties as jwksProperties } from '../../../nodes/MocaAirJwksTrigger/properties';
import { readOptions } from '../../../nodes/MocaAirJwksTrigger/readParameters';
import { MocaAirTrigger } from '../../../nodes/MocaAirTrigger/MocaAirTrigger.node';
import { properties as triggerProperties } from '../../../nodes/MocaAirTrigger/properties';
import { readParameters } from '../../../nodes/MocaAirTrigger/readParameters';
import { airErrorOf } from '../issuance/support';

// An error calls a field what the editor calls it: anyone who reads the one looks for it in the other.

/** Neither text, nor a number, nor a choice, nor a list. */
const MISFIT = { misfit: true };

const named = (properties: readonly INodeProperties[], name: string) => {
	const property = properties.find((each) => each.name === name);
	const options = property?.options?.flatMap((option) => ('type' in option ? [option] : [])) ?? [];
	return options.filter(({ type }) => type !== 'notice');
};

const eventValues = (
	triggerProperties.find(({ name }) => name === 'events')?.options ?? []
).flatMap((option) => ('value' in option ? [option.value] : []));

describe.each([
	['Issue on Behalf', issueProperties, callOptionsReader(issueProperties)],
	['Get Issuance Status', statusProperties, callOptionsReader(statusProperties)],
	['JWKS Trigger', jwksProperties, readOptions],
	[
		'Trigger',
		triggerProperties,
		(options: unknown) =>
			readParameters({
				getNodeParameter: (name: string, fallback: unknown) =>
					name === 'options' ? options : fallback,
			} as unknown as IPollFunctions),
	],
] as const)('the options of Moca AIR %s', (_node, properties, read) => {
	// The name of a field is read by the node itself, and is not text that AIR gets.
	const options = named(properties, 'options').filter(({ name }) => name !== 'referenceField');

	test.each(options.map(({ name, displayName }) => [displayName, name]))(
		'%s',
		async (label, name) => {
			expect((await airErrorOf(() => read({ [name]: MISFIT }))).message).toContain(
				`: ${label} must be `,
			);
		},
	);
});

test.each(['watch', 'events', 'delayMinutes', 'start', 'issuances', 'filters', 'options'])(
	'the parameter %s of the trigger',
	async (name) => {
		const context = {
			getNodeParameter: (asked: string, fallback: unknown) => (asked === name ? 5.5 : fallback),
		} as unknown as IPollFunctions;
		const label = labelsOf(triggerProperties).get(name) ?? '';
		expect((await airErrorOf(() => readParameters(context))).message).toContain(`: ${label} `);
	},
);

test.each(['program', 'referencePrefix', 'workflowId'])(
	'the filter %s of the trigger',
	async (name) => {
		const context = {
			getNodeParameter: (asked: string, fallback: unknown) =>
				asked === 'filters' ? { [name]: 5 } : fallback,
		} as unknown as IPollFunctions;
		const label = labelsOf(triggerProperties).get(name) ?? '';
		expect((await airErrorOf(() => readParameters(context))).message).toContain(
			`: ${label} must be text`,
		);
	},
);

test.each([null, undefined])(
	'a filter of the trigger whose expression gives %s does not let everything through',
	async (nothing) => {
		const context = {
			getNodeParameter: (asked: string, fallback: unknown) =>
				asked === 'filters' ? { program: nothing } : fallback,
		} as unknown as IPollFunctions;
		expect((await airErrorOf(() => readParameters(context))).message).toContain(
			': Issuance Program has an expression that gives nothing',
		);
	},
);

test.each(eventValues)('the canvas shows the event %s in words', (value) => {
	const [, expression = ''] =
		/^=\{\{(.*)\}\}$/.exec(new MocaAirTrigger().description.subtitle ?? '') ?? [];
	const shown: unknown = runInNewContext(expression, { $parameter: { events: [value] } });
	expect(shown).toMatch(/^[a-z -]+$/);
});

describe('a parameter of a tool that reads the item', () => {
	const tool = { getNode: () => ({ type: 'x.mocaAirTool' }) } as unknown as IExecuteFunctions;
	const readable = [...issueProperties, ...statusProperties].filter(
		({ type, noDataExpression }) => type !== 'notice' && noDataExpression !== true,
	);

	test.each(readable.map(({ name, displayName }) => [displayName, name]))(
		'%s',
		async (label, name) => {
			const error = await airErrorOf(() => {
				assertToolMayRead(tool, name, '={{ $json.a }}');
			});
			expect(error.code).toBe('AIR_TOOL_READS_ITEM');
			expect(error.message).toContain(`${label} reads the incoming item`);
		},
	);
});
