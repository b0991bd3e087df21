import type { Finding } from '../../../../issuance/setup/Finding';
import { setupReport } from '../../../../issuance/setup/setupReport';

const pass = (check: string): Finding => ({ check, status: 'pass', detail: 'fine', fix: '' });
const warn = (check: string): Finding => ({ check, status: 'warn', detail: 'odd', fix: 'Look.' });
const fail = (check: string): Finding => ({
	check,
	status: 'fail',
	detail: `${check} is broken`,
	fix: `Repair ${check}.`,
	code: 'AIR_KID_INVALID',
});

test('problems first, then warnings, then what is fine; each in its order', () => {
	const rows = setupReport([
		pass('settings'),
		warn('jwksUrl'),
		fail('privateKey'),
		pass('clock'),
		fail('keyId'),
	]);
	expect(rows.map(({ check }) => check)).toEqual([
		'Summary',
		'Private key',
		'Key ID',
		'JWKS URL',
		'Settings',
		'Clock',
	]);
});

test('human names, and nothing empty', () => {
	const rows = setupReport([pass('jwksPurpose'), fail('keyId')]);
	for (const row of rows) {
		expect(Object.keys(row)).toEqual(['check', 'status', 'detail', 'fix']);
		expect(Object.values(row)).not.toContain('');
		expect(row.check).toMatch(/^[A-Z][A-Za-z ]+$/);
	}
	expect(rows[2]).toMatchObject({ check: 'Purpose of the published key', fix: '–' });
});

describe('the summary', () => {
	const summary = (findings: Finding[]) => setupReport(findings)[0];

	test('with problems names the first, and what to do', () => {
		expect(summary([pass('settings'), fail('privateKey'), fail('keyId'), warn('clock')])).toEqual({
			check: 'Summary',
			status: 'fail',
			detail: '2 problems, 1 warning, 1 check passed. Begin with this: privateKey is broken',
			fix: 'Repair privateKey.',
		});
	});

	test.each<[Finding[], string, string, string]>([
		[[pass('settings'), pass('clock')], 'pass', 'No problem, 2 checks passed', '–'],
		[
			[pass('settings'), warn('clock'), warn('keyId')],
			'warn',
			'No problem, 2 warnings, 1 check passed',
			'Read the warnings below.',
		],
	])('without a problem', (findings, status, detail, fix) => {
		expect(summary(findings)).toMatchObject({ status, detail, fix });
	});
});
