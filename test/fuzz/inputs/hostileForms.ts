import fc from 'fast-check';
import type { IDataObject, INode } from 'n8n-workflow';
import { closeDispatchers } from '../../../air/http/dispatchers';
import { startTestAir, type TestAir } from '../../engine/air';
import { runWorkflow } from '../../engine/runWorkflow';
import { issueWorkflow } from '../../engine/workflows';
import { badInput } from '../BadInput';
import { must } from '../expecting';
import { formTemplates, meant, templateOf } from './claims';

let air: TestAir;
let executions = 0;

async function setUp() {
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
	air = await startTestAir();
	return async () => {
		await air.close();
		await closeDispatchers();
	};
}

/** The same field where JSON text with expressions may stand. */
const PLACES: Readonly<Record<string, (template: string) => INode['parameters']>> = {
	'Using JSON': (template) => ({ subjectMode: 'json', subjectJson: template }),
	'a field': (template) => ({
		subjectMode: 'fields',
		subjectFields: { field: [{ name: 'claim', type: 'object', value: template }] },
	}),
};

export const hostileForms = badInput({
	name: 'Forms filled in with hostile values, through n8n',
	share: 40,
	inputs: fc.record({
		claims: formTemplates,
		place: fc.constantFrom(...Object.keys(PLACES)),
		spelling: fc.constantFrom('$json.', '$json.form.', "$('Items').item.json."),
	}),
	corpus: [],
	setUp,
	check: async ({ claims, place, spelling }) => {
		const control = air.emulator.control;
		control.reset();
		const values = Object.fromEntries(
			Object.entries(claims).map(([name, { value }]) => [name, value]),
		);
		const item = { ...values, form: values, email: 'ada@example.com' } as IDataObject;
		// The test writes items as JSON into a parameter, where "=" would begin an expression.
		if (JSON.stringify(item).includes('"=')) return 'refused';
		const template = `=${templateOf(claims, (name) => spelling + name)}`;
		const { error } = await runWorkflow(
			issueWorkflow([item], PLACES[place]?.(template)),
			air.credential,
			{ executionId: String(++executions) },
		);
		const sent = control.requests().filter(({ operation }) => operation === 'issue');
		if (sent.length === 0) {
			must((error?.message ?? '').includes('credential subject is not valid'), 'or it is refused');
			return 'refused';
		}
		const { credentialSubject } = sent[0]?.body as { credentialSubject: IDataObject };
		const subject = place === 'a field' ? credentialSubject.claim : credentialSubject;
		must(
			JSON.stringify(subject) === JSON.stringify(meant(claims)),
			'the claims are those of the author',
		);
		return 'taken';
	},
});
