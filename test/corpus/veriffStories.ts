import { approvedAt, common, failing, isoOf, lookedUp, of, row, sent, type Body } from './kycStory';
import type { Story } from './Story';

const veriff = of('veriff');

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
