import type { Held, Row, Sent, Story } from './Story';

/** What Sumsub, Persona and Veriff send, in the shapes that they document. */
export type KycProviderName = 'sumsub' | 'persona' | 'veriff';

const START = Date.UTC(2026, 0, 19, 7, 18, 45, 321);
const DAY_MS = 86_400_000;
const isoOf = (day: number) => new Date(START + day * DAY_MS).toISOString();

/** An attribute that is undefined here is missing in what is sent. */
type Body = Readonly<Record<string, unknown>>;

const sent = (body: Body, rest: Omit<Sent, 'body'> = {}): Sent => ({
	body: JSON.parse(JSON.stringify(body)) as Body,
	...rest,
});

const approvedAt = (day: number, ...before: readonly number[]): Held => ({
	last: isoOf(day),
	before: before.map(isoOf),
});

const row = (who: string, rest: Row = {}): Row => ({
	userId: who,
	email: `${who}@example.com`,
	countryCode: 'GB',
	isOver18: true,
	...rest,
});

interface Told extends Partial<Omit<Story, 'id' | 'what' | 'phases' | 'holds'>> {
	/** What the person’s own address holds. */
	readonly held?: Held;
	/** None for providers that know the address. */
	readonly rows?: (who: string) => readonly Row[];
}

const of =
	(provider: KycProviderName) =>
	(
		id: string,
		what: string,
		phases: (who: string) => readonly (readonly Sent[])[],
		{ held, rows, ...rest }: Told = {},
	): Story => ({
		id: `${provider}-${id}`,
		what,
		phases,
		...(provider === 'persona' ? {} : { people: rows ?? ((who: string) => [row(who)]) }),
		holds: (who) => (held === undefined ? {} : { [`${who}@example.com`]: held }),
		alert: 'never',
		...rest,
	});

const failing = (says: RegExp, rest: Told = {}): Told => ({ alert: 'always', says, ...rest });

/** A review by Sumsub. */
const review = (who: string, day: number, change: Body = {}, rest: Omit<Sent, 'body'> = {}) =>
	sent(
		{
			applicantId: `applicant-of-${who}`,
			inspectionId: `inspection-${day}`,
			applicantType: 'individual',
			correlationId: `correlation-of-${who}-${day}`,
			levelName: 'basic-kyc-level',
			sandboxMode: false,
			externalUserId: who,
			type: 'applicantReviewed',
			reviewResult: { reviewAnswer: 'GREEN' },
			reviewStatus: 'completed',
			createdAt: isoOf(day).slice(0, 19).replace('T', ' ') + '+0000',
			createdAtMs: isoOf(day).replace('T', ' ').replace('Z', ''),
			clientId: 'corpus',
			...change,
		},
		rest,
	);

const RED = {
	reviewResult: {
		reviewAnswer: 'RED',
		rejectLabels: ['UNSATISFACTORY_PHOTOS'],
		reviewRejectType: 'RETRY',
	},
};

/** Persona’s events have IDs of their own, which are the same here. */
const sameId = (event: Sent, other: Sent): Sent => {
	const { data } = event.body;
	const id = (other.body.data as Body | undefined)?.id;
	return data === undefined ? event : sent({ data: { ...(data as Body), id } });
};

/** The stories that all three providers tell. */
function common(
	provider: KycProviderName,
	approve: (who: string, day: number) => Sent,
	refuse: (who: string, day: number) => Sent,
): readonly Story[] {
	const story = of(provider);
	return [
		story('approved', 'approved', (who) => [[approve(who, 0)]], { held: approvedAt(0) }),
		story('refused', 'not approved', (who) => [[refuse(who, 0)]]),
		story(
			're-review',
			'approved, refused, approved again',
			(who) => [[approve(who, 0), refuse(who, 5), approve(who, 10)]],
			{ held: approvedAt(10, 0), oneByOne: true },
		),
		story('older', 'an older approval after a newer refusal', (who) => [
			[refuse(who, 5)],
			[approve(who, 0)],
		]),
		story(
			'repeated-id',
			'an approval with the ID and the time of a refusal',
			(who) => [[refuse(who, 0)], [sameId(approve(who, 0), refuse(who, 0))]],
			failing(/two decisions/),
		),
		story(
			'older-approval',
			'an older approval after a newer one',
			(who) => [[approve(who, 5)], [approve(who, 0)]],
			{ held: approvedAt(5) },
		),
	];
}

/** Where the address is looked up. */
function lookedUp(
	provider: KycProviderName,
	approve: (who: string, day: number) => Sent,
): readonly Story[] {
	const story = of(provider);
	const one = (who: string) => [[approve(who, 0)]];
	return [
		story('no-row', 'nobody has a row for the user', one, failing(/no row/, { rows: () => [] })),
		story(
			'two-rows',
			'two rows for one user, with two addresses',
			one,
			failing(/2 rows/, {
				rows: (who) => [row(who, { email: `${who}-old@example.com` }), row(who)],
			}),
		),
		story(
			'no-address',
			'a row without an address',
			one,
			failing(/no e-mail address/, {
				rows: (who) => [row(who, { email: null })],
			}),
		),
		story(
			'blank-address',
			'a row whose address is blank',
			one,
			failing(/no e-mail address/, {
				rows: (who) => [row(who, { email: '  ' })],
			}),
		),
		// A row that somebody added without a user ID must never be taken for anybody’s.
		story(
			'row-without-user',
			'a row without a user ID is nobody’s',
			one,
			failing(/no row/, {
				rows: (who) => [row(who, { userId: null }), row(who, { userId: '' })],
			}),
		),
	];
}

const sumsub = of('sumsub');
const veriff = of('veriff');
const persona = of('persona');

export const sumsubStories: readonly Story[] = [
	...common('sumsub', review, (who, day) => review(who, day, RED)),
	...lookedUp('sumsub', review),
	sumsub(
		'sha512',
		'signed with SHA512, as the header says',
		(who) => [[review(who, 0, {}, { signed: 'SHA512' })]],
		{ held: approvedAt(0) },
	),
	sumsub(
		'sha1',
		'signed with SHA1, as the header says',
		(who) => [[review(who, 0, {}, { signed: 'SHA1' })]],
		{
			status: 401,
		},
	),
	sumsub(
		'enhanced',
		'a refusal of another level does not take the approval back',
		(who) => [[review(who, 5, { ...RED, levelName: 'enhanced-kyc-level' })], [review(who, 0)]],
		{ held: approvedAt(0) },
	),
	sumsub('no-country', 'a row without a country', (who) => [[review(who, 0)]], {
		held: approvedAt(0),
		rows: (who) => [row(who, { countryCode: null })],
	}),
	sumsub(
		'no-age',
		'a row that does not say whether they are of age',
		(who) => [[review(who, 0)]],
		failing(/isOver18/, {
			rows: (who) => [row(who, { isOver18: null })],
		}),
	),
	...[undefined, null, '', '  '].map((externalUserId, index) =>
		sumsub(
			`no-user-${index}`,
			`an applicant without a user ID (${externalUserId === undefined ? 'missing' : JSON.stringify(externalUserId)})`,
			(who) => [[review(who, 0, { externalUserId })]],
			failing(/applicant-of-.*no externalUserId/, {
				rows: (who) => [row(who), row(who, { userId: null, email: `${who}-null@example.com` })],
			}),
		),
	),
	sumsub(
		'no-applicant',
		'a review without an applicant',
		(who) => [[review(who, 0, { applicantId: undefined })]],
		failing(/correlation-of-.*no applicantId/),
	),
	sumsub(
		'no-time',
		'a review without a time',
		(who) => [[review(who, 0, { createdAtMs: undefined })]],
		failing(/no createdAtMs/),
	),
	sumsub('sandbox', 'an event of the sandbox', (who) => [[review(who, 0, { sandboxMode: true })]]),
	sumsub('no-mark', 'an event that does not say whether it is of the sandbox', (who) => [
		[review(who, 0, { sandboxMode: undefined })],
	]),
	sumsub('pending', 'not decided yet', (who) => [
		[
			review(who, 0, {
				type: 'applicantPending',
				reviewStatus: 'pending',
				reviewResult: undefined,
			}),
		],
	]),
	sumsub('company', 'a company', (who) => [[review(who, 0, { applicantType: 'company' })]]),
	sumsub('other-level', 'a level that nobody named', (who) => [
		[review(who, 0, { levelName: 'address-only' })],
	]),
	sumsub(
		'yellow',
		'an answer that is not documented',
		(who) => [[review(who, 0, { reviewResult: { reviewAnswer: 'YELLOW' } })]],
		failing(/neither GREEN nor RED/),
	),
];

type Inflection = 'kebab' | 'snake' | 'camel';

/** As Persona does it for a webhook whose key inflection is set. */
function inflected(value: unknown, inflection: Inflection): unknown {
	if (Array.isArray(value)) return value.map((one) => inflected(one, inflection));
	if (typeof value !== 'object' || value === null) return value;
	const keyIn = (key: string) =>
		inflection === 'snake'
			? key.replaceAll('-', '_')
			: key.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
	return Object.fromEntries(
		Object.entries(value).map(([key, one]) => [keyIn(key), inflected(one, inflection)]),
	);
}

interface Inquiry {
	readonly name?: string;
	readonly status?: string;
	readonly referenceId?: string | null;
	readonly email?: string | null;
	readonly birthdate?: string | null;
	readonly id?: string | null;
	readonly inquiryId?: string | null;
	readonly inflection?: Inflection;
}

/** An event of Persona about an inquiry. */
function inquiry(who: string, day: number, change: Inquiry = {}): Sent {
	const {
		name = 'inquiry.approved',
		status = name === 'inquiry.approved' ? 'approved' : 'declined',
		referenceId = who,
		email = `${who}@example.com`,
		birthdate = '1990-12-10',
		id = `evt_of-${who}-${day}`,
		inquiryId = `inq_of-${who}`,
		inflection = 'kebab',
	} = change;
	const body = {
		data: {
			type: 'event',
			id,
			attributes: {
				name,
				'created-at': isoOf(day),
				payload: {
					data: {
						type: 'inquiry',
						id: inquiryId,
						attributes: {
							status,
							'reference-id': referenceId,
							fields: {
								'email-address': { type: 'string', value: email },
								birthdate: { type: 'date', value: birthdate },
								'selected-country-code': { type: 'string', value: 'GB' },
							},
						},
					},
				},
			},
		},
	};
	return sent((inflection === 'kebab' ? body : inflected(body, inflection)) as Body);
}

const declined = (who: string, day: number) => inquiry(who, day, { name: 'inquiry.declined' });

export const personaStories: readonly Story[] = [
	...common('persona', inquiry, declined),
	persona(
		'snake',
		'key inflection: snake_case',
		(who) => [[declined(who, 0), inquiry(who, 1, { inflection: 'snake' })]],
		{ held: approvedAt(1) },
	),
	persona(
		'camel',
		'key inflection: camelCase',
		(who) => [[inquiry(who, 0, { inflection: 'camel' })]],
		{
			held: approvedAt(0),
		},
	),
	persona(
		'inflection-changed',
		'the key inflection is changed between an approval and an older refusal',
		(who) => [[inquiry(who, 5, { inflection: 'camel' })], [declined(who, 0)]],
		{ held: approvedAt(5) },
	),
	persona(
		'no-reference',
		'an inquiry without a user ID is a person of its own',
		(who) => [[inquiry(who, 0, { referenceId: null })]],
		{ held: approvedAt(0) },
	),
	persona(
		'no-address',
		'an inquiry without an address',
		(who) => [[inquiry(who, 0, { email: null })]],
		failing(/evt_of-.*no e-mail address/),
	),
	persona(
		'blank-address',
		'an inquiry whose address is blank',
		(who) => [[inquiry(who, 0, { email: ' ' })]],
		failing(/evt_of-.*no e-mail address/),
	),
	persona(
		'no-birthdate',
		'an inquiry without a date of birth',
		(who) => [[inquiry(who, 0, { birthdate: null })]],
		failing(/isOver18/),
	),
	persona(
		'no-inquiry',
		'an event of nobody',
		(who) => [[inquiry(who, 0, { referenceId: null, inquiryId: null })]],
		failing(/evt_of-.*no inquiry/),
	),
	persona(
		'no-id',
		'an event without an ID',
		(who) => [[inquiry(who, 0, { id: null })]],
		failing(/without an ID/),
	),
	persona(
		'contradiction',
		'an approval of an inquiry that is not approved',
		(who) => [[inquiry(who, 0, { status: 'declined' })]],
		failing(/evt_of-.*not approved/),
	),
	persona('started', 'not decided yet', (who) => [
		[inquiry(who, 0, { name: 'inquiry.started', status: 'pending' })],
	]),
	persona('for-review', 'marked for review', (who) => [
		[inquiry(who, 0, { name: 'inquiry.marked-for-review', status: 'needs_review' })],
	]),
];

/** A decision of Veriff. */
const decision = (who: string, day: number, change: Body = {}) =>
	sent({
		status: 'success',
		verification: {
			id: `session-of-${who}`,
			attemptId: `attempt-${day}`,
			vendorData: who,
			endUserId: null,
			status: 'approved',
			code: 9001,
			reason: null,
			reasonCode: null,
			decisionTime: isoOf(day),
			person: { dateOfBirth: '1990-12-10', nationality: 'GB' },
			document: { type: 'PASSPORT', country: 'GB' },
			...change,
		},
		technicalData: { ip: null },
	});

export const veriffStories: readonly Story[] = [
	...common('veriff', decision, (who, day) =>
		decision(who, day, { status: 'declined', code: 9102 }),
	),
	...lookedUp('veriff', decision),
	veriff(
		'end-user',
		'the user ID is in endUserId, and vendorData is blank',
		(who) => [[decision(who, 0, { vendorData: '', endUserId: who })]],
		{ held: approvedAt(0) },
	),
	...[undefined, null, ' '].map((vendorData, index) =>
		veriff(
			`no-user-${index}`,
			`a session without a user ID (${vendorData === undefined ? 'missing' : JSON.stringify(vendorData)})`,
			(who) => [[decision(who, 0, { vendorData })]],
			failing(/session-of-.*neither vendorData nor endUserId/, {
				rows: (who) => [row(who), row(who, { userId: null, email: `${who}-null@example.com` })],
			}),
		),
	),
	veriff(
		'no-country',
		'a document without a country',
		(who) => [[decision(who, 0, { document: { type: 'PASSPORT', country: null } })]],
		{ held: approvedAt(0) },
	),
	veriff(
		'no-birthdate',
		'a person without a date of birth',
		(who) => [[decision(who, 0, { person: { dateOfBirth: null } })]],
		failing(/isOver18/),
	),
	veriff(
		'other-code',
		'approved with a code that is not documented',
		(who) => [[decision(who, 0, { code: 9999 })]],
		failing(/session-of-.*9001/),
	),
	veriff(
		'no-time',
		'a decision without a time',
		(who) => [[decision(who, 0, { decisionTime: null })]],
		failing(/session-of-.*no decisionTime/),
	),
	veriff('resubmission', 'another try is asked for', (who) => [
		[decision(who, 0, { status: 'resubmission_requested', code: 9103 })],
	]),
	veriff('started', 'an event of the session, sent to the wrong URL', (who) => [
		[
			sent({
				id: `session-of-${who}`,
				feature: 'selfid',
				code: 7002,
				action: 'submitted',
				vendorData: who,
			}),
		],
	]),
	veriff(
		'other-shape',
		'a decision in another shape',
		(who) => [
			[
				sent({
					status: 'success',
					eventType: 'fullauto',
					sessionId: `session-of-${who}`,
					data: {},
				}),
			],
		],
		failing(/session-of-.*not a decision/),
	),
];

export const kycStories: Readonly<Record<KycProviderName, readonly Story[]>> = {
	sumsub: sumsubStories,
	persona: personaStories,
	veriff: veriffStories,
};
