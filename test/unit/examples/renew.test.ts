import { codeOf } from './flowCode';

/** What the example Renew does about each expiring credential; test/host/examples.test.ts runs it in n8n. */
const decide = codeOf('renew', 'Event and Member');

type Json = Record<string, unknown>;

const event = (email: string) => ({
	eventId: `event-of-${email}`,
	email,
	expiresAt: '2026-02-02T07:19:12.000Z',
});
const member = (id: number, email: string, rest: Json = {}) => ({
	id,
	email,
	name: 'Ada',
	level: 'gold',
	active: true,
	...rest,
});

/** The decision for one event, with the rows that the Data Table has. */
const decided = (email: string, ...rows: readonly Json[]) =>
	decide(rows.length === 0 ? [{}] : rows, { 'Moca AIR Trigger': [event(email)] })[0] ?? {};

test('an active member: renewed, with the address of the credential and the claims of the row', () => {
	expect(decided('ada@example.com', member(1, 'ada@example.com'))).toMatchObject({
		action: 'renew',
		email: 'ada@example.com',
		eventId: 'event-of-ada@example.com',
		member: { name: 'Ada', level: 'gold' },
	});
});

test.each([
	['nobody has that address', []],
	['not active', [member(1, 'ada@example.com', { active: false })]],
	['only an address that contains this one', [member(1, 'ada@example.com.au')]],
])('%s: it ends', (_what, rows: Json[]) => {
	expect(decided('ada@example.com', ...rows)).toMatchObject({ action: 'end' });
});

test.each(['Ada@Example.com', ' ada@example.com '])(
	'a member whom the table spells “%s”: renewed, and not told to have left',
	(spelling) => {
		expect(decided('ada@example.com', member(1, spelling))).toMatchObject({
			action: 'renew',
			email: 'ada@example.com',
		});
	},
);

test.each<[string, Json[], RegExp]>([
	['two rows', [member(1, 'ada@example.com'), member(2, 'Ada@example.com')], /2 rows/],
	['a row without a level', [member(1, 'ada@example.com', { level: null })], /level/],
	['a row whose name is blank', [member(1, 'ada@example.com', { name: ' ' })], /name/],
	['nobody knows whether active', [member(1, 'ada@example.com', { active: null })], /active/],
])('%s: an alert that names the person, and nothing is sent to them', (_what, rows, why) => {
	const { action, alert } = decided('ada@example.com', ...rows);
	expect(action).toBe('alert');
	expect(alert).toMatch(/^ada@example\.com/);
	expect(alert).toMatch(why);
});

test('the same row, found once for each of two credentials of the person, is one row', () => {
	const row = member(1, 'ada@example.com');
	const events = [event('ada@example.com'), { ...event('ada@example.com'), eventId: 'another' }];
	expect(decide([row, row], { 'Moca AIR Trigger': events })).toMatchObject([
		{ action: 'renew', eventId: 'event-of-ada@example.com' },
		{ action: 'renew', eventId: 'another' },
	]);
});
