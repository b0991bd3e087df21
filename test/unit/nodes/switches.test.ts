import { NodeHelpers, type INode, type INodeParameters, type INodeProperties } from 'n8n-workflow';
import { MocaAirIssueOnBehalf } from '../../../nodes/MocaAirIssueOnBehalf/MocaAirIssueOnBehalf.node';

/**
 * Nothing that was filled in is lost when somebody looks at another way of giving the subject. The
 * editor is imitated by the functions of n8n that it calls; a test in a real one is in
 * test/host/switches.test.ts.
 */
const { description } = new MocaAirIssueOnBehalf();
const { properties } = description;

const nodeOf = (parameters: INodeParameters): INode => ({
	id: 'n1',
	name: 'Issue',
	type: 'n8n-nodes-moca-air.mocaAirIssueOnBehalf',
	typeVersion: 1,
	position: [0, 0],
	parameters,
});

const isShown = (property: INodeProperties, parameters: INodeParameters) =>
	NodeHelpers.displayParameter(parameters, property, nodeOf(parameters), description, parameters);

/** What the editor has in its list; it takes all but one type for visible. */
const inSight = (parameters: INodeParameters) =>
	properties
		.filter((property) => property.type !== 'hidden' && isShown(property, parameters))
		.map(({ name }) => name);

const resolved = (parameters: INodeParameters, defaults: boolean): INodeParameters =>
	NodeHelpers.getNodeParameters(
		properties,
		parameters,
		defaults,
		false,
		nodeOf(parameters),
		description,
	) ?? {};

/** Sets a parameter as the editor does, which then empties what has left its sight. */
function set(parameters: INodeParameters, name: string, value: string | boolean): INodeParameters {
	const changed = resolved({ ...resolved(parameters, false), [name]: value }, true);
	const lost = inSight(parameters).filter((one) => !inSight(changed).includes(one));
	return lost.reduce((left, one) => {
		const entries = Object.entries(resolved(left, false));
		return resolved(Object.fromEntries(entries.filter(([other]) => other !== one)), true);
	}, changed);
}

const FILLED: INodeParameters = {
	recipient: '={{ $json.email }}',
	attributesIn: 'body',
	leftOut: 'row_number',
	convertTypes: true,
	schemaSource: 'jsonSchema',
	subjectExample: '{ "tier": "Gold" }',
	subjectSchema: '{ "properties": { "tier": { "type": "string" } } }',
	subjectMapper: { mappingMode: 'defineBelow', value: { tier: 'Gold' } },
	subjectFields: { field: [{ name: 'tier', type: 'boolean', value: 'yes' }] },
	subjectJson: '{ "tier": "Silver" }',
	idempotency: 'event',
	eventId: '={{ $json.id }}',
	options: { reference: '={{ $json.order }}', waitUntilOnChain: true },
	expert: { concurrency: 3 },
};

const MODES = ['automatic', 'fields', 'json', 'mapper'];
const SWITCHES = MODES.flatMap((from) =>
	MODES.filter((to) => to !== from).map((to) => [from, to] as const),
);

const filledIn = (subjectMode: string) => resolved({ ...FILLED, subjectMode }, true);

test.each(SWITCHES)('%s → %s and back keeps everything', (from, to) => {
	const there = set(filledIn(from), 'subjectMode', to);
	expect(there).toEqual(filledIn(to));
	expect(resolved(there, false)).toMatchObject(resolved(FILLED, false));
	expect(set(there, 'subjectMode', from)).toEqual(filledIn(from));
});

test.each([
	['schemaSource', 'example', 'jsonSchema'],
	['convertTypes', false, true],
	['idempotency', 'off', 'event'],
	['operation', 'checkOnly', 'issue'],
])('%s set to %s and back keeps everything, in each mode', (name, to, from) => {
	for (const mode of MODES) {
		expect(set(set(filledIn(mode), name, to), name, from)).toEqual(filledIn(mode));
	}
});

test('of each name exactly one definition counts, whatever is chosen', () => {
	const names = new Set(
		properties
			.filter(({ type, name }) => type !== 'notice' || name in FILLED)
			.map(({ name }) => name),
	);
	for (const subjectMode of MODES) {
		for (const convertTypes of [true, false]) {
			for (const schemaSource of ['example', 'jsonSchema']) {
				for (const idempotency of ['content', 'event', 'execution', 'off']) {
					const chosen = { subjectMode, convertTypes, schemaSource, idempotency };
					const all = inSight(resolved({ ...FILLED, ...chosen }, true));
					for (const name of names) {
						expect([chosen, name, all.filter((one) => one === name)]).toEqual([
							chosen,
							name,
							[name],
						]);
					}
				}
			}
		}
	}
});
