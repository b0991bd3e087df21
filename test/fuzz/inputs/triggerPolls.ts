import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { IDataObject, INode } from 'n8n-workflow';
import { closeDispatchers } from '../../../air/http/dispatchers';
import { closeLedgers } from '../../../issuance/session/openLedger';
import { startTestAir, type TestAir } from '../../engine/air';
import { activate } from '../../engine/pollTrigger';
import { runWorkflow } from '../../engine/runWorkflow';
import { issueWorkflow, person } from '../../engine/workflows';
import { badInput } from '../BadInput';
import { must } from '../expecting';
import { anything } from '../pieces';

const PEOPLE = ['ada', 'bob', 'eve'];

let air: TestAir;
let cases = 0;
const credential = () => ({ ...air.credential, ledger: 'embedded' });

/** An embedded ledger with three issuances that are confirmed. */
async function setUp() {
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
	const before = process.env.N8N_USER_FOLDER;
	const folder = await mkdtemp(join(tmpdir(), 'moca-air-polls-'));
	process.env.N8N_USER_FOLDER = folder;
	air = await startTestAir();
	const parameters = { options: { waitUntilOnChain: true } };
	const { error } = await runWorkflow(
		issueWorkflow(
			PEOPLE.map((name) => person(name)),
			parameters,
		),
		credential(),
	);
	must(error === undefined, 'three people have something');
	return async () => {
		await closeLedgers();
		await air.close();
		await closeDispatchers();
		await rm(folder, { recursive: true, force: true });
		if (before === undefined) delete process.env.N8N_USER_FOLDER;
		else process.env.N8N_USER_FOLDER = before;
	};
}

/** An offer with the right form, and perhaps somebody else's. */
const offer = fc.record(
	{
		ledgerId: fc.oneof(fc.stringMatching(/^[0-9a-f]{12}$/), anything),
		createdAt: fc.oneof(fc.nat(), anything),
		upTo: fc.oneof(fc.nat(9), anything),
		process: fc.oneof(fc.uuid(), anything),
	},
	{ requiredKeys: [] },
);
const parameter = fc.oneof(
	fc.constantFrom<unknown>(
		'instance',
		'everywhere',
		'specific',
		'confirmed',
		['delayed'],
		1,
		{},
		'',
	),
	fc.jsonValue(),
);

export const triggerPolls = badInput({
	name: 'Static data and parameters of the trigger',
	share: 40,
	inputs: fc.record({
		staticData: fc.record({ offer: fc.oneof(offer, anything) }),
		parameters: fc.oneof(
			fc.constant({}),
			fc.dictionary(
				fc.constantFrom('watch', 'events', 'delayMinutes', 'issuances', 'filters', 'options'),
				parameter,
				{ minKeys: 1, maxKeys: 2 },
			),
		),
	}),
	corpus: [],
	setUp,
	check: async ({ staticData, parameters }) => {
		const wild = Object.keys(parameters).length > 0;
		const trigger = () =>
			activate({
				credential: credential(),
				workflowId: `workflow-${cases}`,
				staticData: staticData as IDataObject,
				budgetMs: 60_000,
				parameters: JSON.parse(
					JSON.stringify({ start: 'beginning', ...parameters }).replaceAll('"=', '"-'),
				) as INode['parameters'],
			});
		cases += 1;
		let items: IDataObject[] | null;
		try {
			items = await trigger().poll();
		} catch (error) {
			must(error instanceof Error && /^Node(Api|Operation)Error$/.test(error.name), String(error));
			must(wild, `static data stops no trigger: ${error.message}`);
			return 'refused';
		}
		// Static data is evidence only if we wrote it: nothing may be skipped because of other data.
		must(wild || items?.length === PEOPLE.length, 'everything that happened is told');
		return 'taken';
	},
});
