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

A reference of every error, with a code that never changes. Each error in n8n links to its row here; or search this page for its title. Under Continue On Fail the code is in \`code\` of the failed item.

<picture>
  <source media="(prefers-color-scheme: dark)" srcset="images/error.dark.png">
  <img alt="An error in n8n: its title says what happened, its description what to do" src="images/error.png">
</picture>

## What is known about the outcome

After a failure, the question is whether AIR has issued. Each error answers it:

| Outcome | What it means | May it be sent again? |
| --- | --- | --- |
| **refused here** | Something in the input or in the settings is wrong. Nothing left n8n. | After you have corrected it. |
| **cancelled** | The execution was stopped before the request was sent. | Yes. |
| **not sent** | The request did not reach AIR, or AIR did not work on it. | Yes. The package repeats it for a while. |
| **refused by AIR** | AIR has read the request and said no. Nothing was issued. | After you have corrected it. |
| **unknown** | The request was sent, and no readable answer came. **AIR may have issued, or not.** | With On Duplicate set to Keep Existing: yes, and the package does. With Revoke and Reissue: [look first](ledger.md#outcome-unknown). |

Once one attempt of a call has ended with an unknown outcome, the outcome of the whole call is unknown, even when a later attempt was refused. When only a status is read, an unknown outcome is harmless.

**may pass** beside an outcome means that the same request may work later without any change, so that Retry On Fail can help. Where a section has no column for the outcome, everything in it is refused here.
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
		'Setup check',
		'What only the [setup check](setup-check.md) finds; it reports the others in their own words.',
		setupErrors,
	],
	[
		'Documents of the issuer',
		'What the setup check finds about [what an issuer publishes](issuer-documents.md) for direct issuance.',
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

const outcomeOf = ({ kind, retryable }: AirErrorRow) =>
	`${OUTCOMES[kind]}${retryable ? ', may pass' : ''}`;

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');

const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;

function table(rows: Readonly<Record<string, AirErrorRow>>): string {
	// A column that says the same in each row tells nobody anything.
	const always = Object.values(rows).every(({ kind }) => kind === 'input');
	const heads = ['What it says', 'When', 'What to do', ...(always ? [] : ['Outcome'])];
	return [
		line(heads),
		line(heads.map(() => '---')),
		...Object.entries(rows).map(([code, row]) =>
			line([
				`<a id="${code.toLowerCase()}"></a>${cell(row.title)}<br>\`${code}\``,
				cell(row.when),
				cell(row.advice),
				...(always ? [] : [outcomeOf(row)]),
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
