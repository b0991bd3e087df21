import type { IExecuteFunctions } from 'n8n-workflow';
import type { IssueOutcome } from '../../../issuance/issue/outcome';
import { RunHints } from '../../../n8n/issuing/RunHints';

/** @param items - what each came to; undefined for one that failed */
function hintsOf(items: readonly (IssueOutcome | undefined)[], recipient = 'ada@example.com') {
	const shown: string[] = [];
	const context = {
		addExecutionHints: (...hints: { message: string }[]) => {
			shown.push(...hints.map(({ message }) => message));
		},
	} as unknown as IExecuteFunctions;
	const hints = new RunHints(context, 'use Revoke and Reissue');
	for (const outcome of items) {
		hints.sending({ recipient });
		if (outcome !== undefined) hints.issued({ outcome, submittedAt: '2026-01-19T07:18:45Z' });
	}
	hints.show();
	return shown.filter((message) => message.includes('one e-mail address'));
}

test.each<[string, (IssueOutcome | undefined)[], string[]]>([
	['two that were issued', ['issued', 'reissued'], ['2 items went']],
	['one that was issued, and its repeat', ['issued', 'alreadyIssued'], []],
	['one that was issued, and one that failed', ['issued', undefined], []],
	['two that were issued, and one that failed', ['issued', undefined, 'kept'], ['2 items went']],
])('to one address: %s', (_what, items, expected) => {
	expect(hintsOf(items).map((message) => message.split(' to one ')[0])).toEqual(expected);
});
