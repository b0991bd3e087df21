import { approvedAt, common, failing, isoOf, of, sent, type Body } from './kycStory';
import type { Sent, Story } from './Story';

const persona = of('persona');

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
