import fc from 'fast-check';
import type { IDataObject, INode } from 'n8n-workflow';
import { closeDispatchers } from '../../../air/http/dispatchers';
import { PROGRAM_ID, startTestAir, type TestAir } from '../../engine/air';
import { runWorkflow } from '../../engine/runWorkflow';
import { issueWorkflow } from '../../engine/workflows';
import { badInput } from '../BadInput';
import { must } from '../expecting';
import { mutated, NASTY, textOf } from '../pieces';
import { assertValid } from './subjects';

/** Results of expressions that JSON cannot represent. */
const EXPRESSIONS = [
	'={{ undefined }}',
	'={{ null }}',
	'={{ new Date() }}',
	'={{ DateTime.now() }}',
	'={{ [$json, $json] }}',
	'={{ ({ kycLevel: new Date() }) }}',
	'={{ ({ kycLevel: BigInt(7) }) }}',
	'={{ ({ kycLevel: [undefined] }) }}',
	'={{ ({ kycLevel: "basic", toJSON: () => 1 }) }}',
	'={{ ({ kycLevel: 0 / 0 }) }}',
	'={{ $json }}',
	'={{ $json.missing.further }}',
];

const email = fc.oneof(
	{ weight: 8, arbitrary: fc.constantFrom('ada@example.com', 'bob+kyc@bücher.example') },
	{ weight: 3, arbitrary: textOf(['ada', '@', 'example', '.com', ','], 5) },
	{ weight: 1, arbitrary: fc.jsonValue() },
);
const program = fc.oneof(
	{ weight: 12, arbitrary: fc.constant<unknown>(PROGRAM_ID) },
	{ weight: 1, arbitrary: fc.oneof(fc.constantFrom(...NASTY), fc.jsonValue()) },
);
const level = fc.oneof(
	{ weight: 3, arbitrary: fc.constant<unknown>('basic') },
	{ weight: 1, arbitrary: fc.oneof(fc.constantFrom<unknown>(...NASTY), fc.jsonValue()) },
);
const subjectJson = fc.oneof(
	{ weight: 3, arbitrary: level.map((value) => JSON.stringify({ kycLevel: value })) },
	{ weight: 3, arbitrary: mutated(fc.constant('{"kycLevel": "basic", "isOver18": true}'), 2) },
	{ weight: 1, arbitrary: fc.jsonValue() },
);
const options = fc.dictionary(
	fc.constantFrom(
		...['requestTimeout', 'jwtLifetime', 'waitUntilOnChain', 'issuerDid', 'reference'],
		...['sendAgainWhenUnknown', 'ignoreWhenComparing', 'rememberHours', 'nonsense'],
	),
	fc.oneof(fc.constantFrom<unknown>(...NASTY, 1, 5, true), fc.jsonValue()),
	{ maxKeys: 2 },
);
const maybeExpression = (value: string) =>
	fc.oneof(
		{ weight: 6, arbitrary: fc.constant(value) },
		{ weight: 1, arbitrary: fc.constantFrom(...EXPRESSIONS) },
	);

const inputs = fc.record({
	item: fc.record({ email, program, level, subjectJson }),
	recipient: maybeExpression('={{ $json.email }}'),
	subject: maybeExpression('={{ $json.subjectJson }}'),
	subjectMode: fc.constantFrom('json', 'fields', 'automatic'),
	fieldType: fc.constantFrom('string', 'number', 'boolean', 'date', 'json', 'nonsense'),
	onDuplicate: fc.oneof(
		{ weight: 12, arbitrary: fc.constantFrom('ignore', 'revoke') },
		{ weight: 1, arbitrary: fc.constantFrom(...NASTY, ...EXPRESSIONS) },
	),
	idempotency: fc.oneof(
		{ weight: 12, arbitrary: fc.constantFrom('content', 'event', 'execution', 'off') },
		{ weight: 1, arbitrary: fc.constantFrom(...NASTY, ...EXPRESSIONS) },
	),
	eventId: maybeExpression('={{ $json.level }}'),
	options: fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: options }),
});

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

const isText = (value: unknown): value is string => typeof value === 'string';

/** No text of an expression may be evaluated a second time, so only ours begin with "=". */
const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value).replaceAll('"=', '"-')) as T;

export const workflowItems = badInput({
	name: 'Items and parameters of Issue on Behalf',
	share: 100,
	inputs,
	corpus: [],
	setUp,
	check: async (input) => {
		const control = air.emulator.control;
		control.reset();
		const parameters = {
			recipient: input.recipient,
			convertTypes: false,
			leftOut: 'program, subjectJson',
			issuanceProgram: { __rl: true, mode: 'id', value: '={{ $json.program }}' },
			subjectMode: input.subjectMode,
			subjectJson: input.subject,
			subjectFields: {
				field: [{ name: 'kycLevel', type: input.fieldType, value: '={{ $json.level }}' }],
			},
			onDuplicate: input.onDuplicate,
			idempotency: input.idempotency,
			eventId: input.eventId,
			options: plain(input.options),
		} as INode['parameters'];
		const { json, error } = await runWorkflow(
			issueWorkflow([plain(input.item) as unknown as IDataObject], parameters, {
				onError: 'continueRegularOutput',
			}),
			air.credential,
			{ executionId: String(++executions) },
		);
		const sent = control.requests().filter(({ operation }) => operation === 'issue');
		must(sent.length <= 1, 'one item is one issuance');
		for (const { recipient = '', body } of sent) {
			must(/^[^\s@"<>,;]+@[^\s@"<>,;]+\.[^\s@"<>,;]+$/.test(recipient), 'the recipient is one');
			const { credentialSubject, onDuplicate, issuerDid, credentialId, ...rest } =
				body as IDataObject;
			assertValid(credentialSubject);
			must(onDuplicate === 'ignore' || onDuplicate === 'revoke', 'the rule is a clear word');
			must(isText(issuerDid) && /^did:[\x21-\x7e]+$/.test(issuerDid), 'the issuer is a DID');
			must(isText(credentialId) && /^[\w.:-]+$/.test(credentialId), 'the program is an ID');
			must(Object.keys(rest).length === 0, 'and that is all that is sent');
		}
		must(error === undefined, 'a bad item is not a failure of the run');
		const [item] = json('Done');
		must(item !== undefined, 'each item leaves something');
		if (item.coreClaimHash !== undefined) {
			must(sent.length === 1 && control.counts().issuances === 1, 'what is said to be issued is');
			return 'taken';
		}
		must(control.counts().issuances === 0, 'what is said to have failed was not issued');
		must(typeof item.error === 'string' && item.error !== '', 'a failure has words');
		const { kind } = item;
		must(kind !== undefined, `a failure has a code: ${item.error}`);
		must(kind !== 'input' || sent.length === 0, 'what is refused here is not sent');
		return 'refused';
	},
});
