import { common, failing, isoOf, lookedUp, approvedAt, of, row, sent, type Body } from './kycStory';
import type { Sent, Story } from './Story';

const sumsub = of('sumsub');

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
