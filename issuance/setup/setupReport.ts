import type { Finding, FindingStatus } from './Finding';
import { CHECKS } from './checks';

/** A row of the report, with its columns in the order in which people read them. */
export interface ReportRow {
	/** The label of the check, which never changes; *Summary* for the first row. */
	readonly check: string;
	readonly status: FindingStatus;
	readonly detail: string;
	/** “–” when there is nothing to fix. */
	readonly fix: string;
}

const NOTHING = '–';
const WORST_FIRST: readonly FindingStatus[] = ['fail', 'warn', 'pass'];

const counted = (count: number, one: string, more: string) =>
	`${count} ${count === 1 ? one : more}`;

function summary(findings: readonly Finding[]): ReportRow {
	const withStatus = (wanted: FindingStatus) => findings.filter(({ status }) => status === wanted);
	const [failed, warned, passed] = [withStatus('fail'), withStatus('warn'), withStatus('pass')];
	const [first] = failed;
	const counts = [
		failed.length === 0 ? 'No problem' : counted(failed.length, 'problem', 'problems'),
		...(warned.length === 0 ? [] : [counted(warned.length, 'warning', 'warnings')]),
		`${counted(passed.length, 'check', 'checks')} passed`,
	].join(', ');
	return {
		check: 'Summary',
		status: first?.status ?? (warned.length === 0 ? 'pass' : 'warn'),
		detail: first === undefined ? counts : `${counts}. Begin with this: ${first.detail}`,
		fix: first?.fix ?? (warned.length === 0 ? NOTHING : 'Read the warnings below.'),
	};
}

/**
 * The findings for people: a summary, then problems, warnings, and passed checks, each in the order in
 * which a person would fix them.
 *
 * @param findings - of `checkSetup`
 * @example
 * ```ts
 * setupReport(await checkSetup(data))[0].detail; // 'No problem, 1 warning, 17 checks passed'
 * ```
 */
export function setupReport(findings: readonly Finding[]): ReportRow[] {
	const rows = WORST_FIRST.flatMap((wanted) => findings.filter(({ status }) => status === wanted));
	return [
		summary(findings),
		...rows.map(({ check, status, detail, fix }) => ({
			check: CHECKS[check]?.label ?? check,
			status,
			detail,
			fix: fix === '' ? NOTHING : fix,
		})),
	];
}
