import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AirErrorRow } from '../errors/errorCatalogue';
import { answerErrors } from '../errors/rows/answers';
import { directErrors } from '../errors/rows/direct';
import { inputErrors } from '../errors/rows/inputs';
import { issuerErrors } from '../errors/rows/issuer';
import { jwksTriggerErrors } from '../errors/rows/jwksTrigger';
import { keyErrors } from '../errors/rows/keys';
import { ledgerErrors } from '../errors/rows/ledger';
import { partnerJwtErrors } from '../errors/rows/partnerJwt';
import { publicKeyErrors } from '../errors/rows/publicKeys';
import { revocationErrors } from '../errors/rows/revocation';
import { setupErrors } from '../errors/rows/setup';
import { transportErrors } from '../errors/rows/transport';
import { triggerErrors } from '../errors/rows/trigger';

export const errorDocsPath = join(__dirname, '..', 'docs', 'errors.md');

const INTRODUCTION = `# Errors and what to do about them

Every error of this package has a code that never changes, a title that says what happened, and advice that says what to do next. Search this page for the title that the node shows. Under Continue On Fail the code is in \`code\` of the failed item.

## What is known about the outcome

When a credential is issued, the most important question after a failure is whether AIR has issued or not. Each error answers it:

| Outcome | What it means | May it be sent again? |
| --- | --- | --- |
| **refused here** | Something in the input or in the settings is not right. The request never left n8n. | After you have corrected it. |
| **cancelled** | Somebody stopped the execution before the request was sent. | Yes. |
| **not sent** | The request did not reach AIR, or AIR did not work on it. | Yes, always. The package does so by itself, for a while. |
| **refused by AIR** | AIR has read the request and said no. Nothing was issued, and the same request gets the same answer. | After you have corrected it. |
| **outcome unknown** | The request was on its way, and no answer that can be read came back. **AIR may have issued, or not.** | With On Duplicate set to Keep Existing: yes, and the package does so by itself. With Revoke and Reissue: look first. |

An unknown outcome needs care under Revoke and Reissue: if AIR did issue, sending again destroys that credential and makes a new one. So the item stops. Look the recipient up in the AIR dashboard under Issuer → Claim Records; if the credential is not there, send it again. Whoever prefers repeats to questions switches on Send Again When Outcome Is Unknown in the options of the node.

Once one attempt of a call has ended with an unknown outcome, the outcome of the whole call is unknown, even when a later attempt was refused. Where only a status is read, an unknown outcome is harmless: reading can always be repeated.

The column “Repeated” says what the package does by itself, and whether Retry On Fail of n8n can help:

- **yes**: the same request may work later without anybody changing anything
- **if safe**: likewise, but only where sending again does no harm, see above
- **no**: it stays like this until somebody changes something
`;

const GROUPS: readonly [
	title: string,
	about: string,
	rows: Readonly<Record<string, AirErrorRow>>,
][] = [
	[
		'Private key',
		'What can be wrong with the field Private Key of the credential. Nothing of the key is ever shown.',
		keyErrors,
	],
	[
		'Public keys',
		'What can be wrong with public keys that are meant for a JWKS. What is wrong with the type of a key is said as for private keys. Nothing of the key is ever shown.',
		publicKeyErrors,
	],
	['Inputs and settings', 'What is refused before anything is sent.', inputErrors],
	['On the way', 'What can happen between n8n and AIR, before an answer is read.', transportErrors],
	[
		'AIR’s answers',
		'What AIR, or something in front of it, answers. AIR’s own words are shown next to the advice.',
		answerErrors,
	],
	[
		'Direct issuance',
		'What only direct issuance can meet, where the credential is signed and sealed here: its claims, the account of the person, and the store.',
		directErrors,
	],
	['Revoking', 'What [revoking](revoke.md) and the status lists can meet.', revocationErrors],
	[
		'Ledger',
		'What the issuance ledger says, and what it finds for an item. See [ledger.md](ledger.md).',
		ledgerErrors,
	],
	['Trigger', 'What only [Moca AIR Trigger](trigger.md) can meet.', triggerErrors],
	[
		'JWKS trigger',
		'What keeps [Moca AIR JWKS Trigger](jwks-trigger.md) from serving, besides what is wrong with the keys of its credential.',
		jwksTriggerErrors,
	],
	[
		'Set-up check',
		'What only the [set-up check](setup-check.md) finds; it speaks of the others in their own words.',
		setupErrors,
	],
	[
		'Documents of the issuer',
		'What the set-up check finds about [what an issuer publishes](issuer-documents.md) for direct issuance.',
		issuerErrors,
	],
	[
		'Moca AIR',
		'What [Moca AIR](moca-air.md) refuses, mostly why it hands out no token.',
		partnerJwtErrors,
	],
];

const OUTCOMES: Readonly<Record<AirErrorRow['kind'], string>> = {
	input: 'refused here',
	cancelled: 'cancelled',
	'not-sent': 'not sent',
	refused: 'refused by AIR',
	'outcome-unknown': '**unknown**',
};

function repeated({ kind, retryable }: AirErrorRow): string {
	if (!retryable) return 'no';
	return kind === 'outcome-unknown' ? 'if safe' : 'yes';
}

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');

const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;

function table(rows: Readonly<Record<string, AirErrorRow>>): string {
	return [
		line(['Code', 'When it appears', 'What it says', 'What to do', 'Outcome', 'Repeated']),
		line(['---', '---', '---', '---', '---', '---']),
		...Object.entries(rows).map(([code, row]) =>
			line([
				`<a id="${code.toLowerCase()}"></a>\`${code}\``,
				cell(row.when),
				cell(row.title),
				cell(row.advice),
				OUTCOMES[row.kind],
				repeated(row),
			]),
		),
	].join('\n');
}

/** `docs/errors.md` as the catalogue wants it. */
export function errorDocs(): string {
	const groups = GROUPS.map(
		([title, about, rows]) => `## ${title}\n\n${about}\n\n${table(rows)}\n`,
	);
	return [
		'<!-- Written by scripts/errorDocs.ts from errors/rows/. Do not edit: run `npx tsx scripts/errorDocs.ts`. -->\n',
		// Padding the cells to the longest would change every line with each new advice.
		'<!-- prettier-ignore-start -->\n',
		INTRODUCTION,
		...groups,
		'<!-- prettier-ignore-end -->\n',
	].join('\n');
}

function main(args: readonly string[]): void {
	const wanted = errorDocs();
	if (!args.includes('--check')) {
		writeFileSync(errorDocsPath, wanted);
		return;
	}
	if (readFileSync(errorDocsPath, 'utf8') === wanted) return;
	console.error('docs/errors.md is stale: run npx tsx scripts/errorDocs.ts');
	process.exitCode = 1;
}

if (require.main === module) main(process.argv.slice(2));
