import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AirErrorRow } from '../errors/errorCatalogue';
import { answerErrors, JWKS_PLACE } from '../errors/rows/answers';
import { directErrors } from '../errors/rows/direct';
import { inputErrors } from '../errors/rows/inputs';
import { issuerErrors } from '../errors/rows/issuer';
import { jwksTriggerErrors } from '../errors/rows/jwksTrigger';
import { keyErrors, MAKE_A_KEY } from '../errors/rows/keys';
import { ledgerErrors } from '../errors/rows/ledger';
import { partnerJwtErrors } from '../errors/rows/partnerJwt';
import { HOW_TO_GET_ONE, publicKeyErrors } from '../errors/rows/publicKeys';
import { revocationErrors } from '../errors/rows/revocation';
import { setupErrors } from '../errors/rows/setup';
import { transportErrors } from '../errors/rows/transport';
import { triggerErrors } from '../errors/rows/trigger';

export const errorDocsPath = join(__dirname, '..', 'docs', 'errors.md');

const INTRODUCTION = `# Errors and what to do about them

Every error has a code that never changes, and links to its row here. Under Continue On Fail the code is in \`code\` of the failed item.

<picture>
  <source media="(prefers-color-scheme: dark)" srcset="images/error.dark.png">
  <img alt="An error in n8n: its title says what happened, its description what to do" src="images/error.png">
</picture>

## What is known about the outcome

After a failure, the question is whether AIR has issued:

| Outcome | What it means | May it be sent again? |
| --- | --- | --- |
| **refused here** | Something in the input or in the settings is wrong. Nothing left n8n. | After you have corrected it. |
| **cancelled** | The execution was stopped before the request was sent. | Yes. |
| **not sent** | The request did not reach AIR, or AIR did not work on it. | Yes. The package repeats it for a while. |
| **refused by AIR** | AIR has read the request and said no. Nothing was issued. | After you have corrected it. |
| **unknown** | The request was sent, and no readable answer came. **AIR may have issued, or not.** | With On Duplicate set to Keep Existing: yes, and the package does. With Revoke and Reissue: [look first](ledger.md#outcome-unknown). |

Once the outcome of one attempt is unknown, that of the whole call is, even when a later attempt was refused. When only a status is read, an unknown outcome is harmless.

**May pass** beside an outcome: the same request may work later, so Retry On Fail can help. Where neither a row nor its section names an outcome, it is **refused here**.
`;

interface Group {
	readonly title: string;
	readonly about: string;
	readonly rows: Readonly<Record<string, AirErrorRow>>;
	/** Advice at the end of many rows: the page gives it once, before them. */
	readonly once?: string;
}

const GROUPS: readonly Group[] = [
	{
		title: 'Private key',
		about: 'The field Private Key of the credential. Nothing of the key is ever shown.',
		rows: keyErrors,
		once: MAKE_A_KEY,
	},
	{
		title: 'Public keys',
		about:
			'Public keys that are meant for a JWKS. Keys of a wrong type are in the section before. Nothing of the key is ever shown.',
		rows: publicKeyErrors,
		once: HOW_TO_GET_ONE,
	},
	{
		title: 'Inputs and settings',
		about: 'Refused before anything is sent.',
		rows: inputErrors,
	},
	{
		title: 'On the way',
		about: 'Between n8n and AIR, before an answer is read.',
		rows: transportErrors,
	},
	{
		title: 'AIR’s answers',
		about:
			'What AIR, or something in front of it, answers. AIR’s own words are shown next to the advice.',
		rows: answerErrors,
		once: JWKS_PLACE,
	},
	{
		title: 'Direct issuance',
		about: 'Only in [direct issuance](issue-directly.md).',
		rows: directErrors,
	},
	{
		title: 'Revoking',
		about: '[Revoking](revoke.md) and the status lists.',
		rows: revocationErrors,
	},
	{
		title: 'Ledger',
		about: 'What the [ledger](ledger.md) says, and what it finds for an item.',
		rows: ledgerErrors,
	},
	{ title: 'Trigger', about: 'Only in [Moca AIR Trigger](trigger.md).', rows: triggerErrors },
	{
		title: 'JWKS trigger',
		about:
			'What keeps [Moca AIR JWKS Trigger](jwks-trigger.md) from serving, besides what is wrong with the keys.',
		rows: jwksTriggerErrors,
	},
	{
		title: 'Setup check',
		about: 'Only in the [setup check](setup-check.md), which finds others, too.',
		rows: setupErrors,
	},
	{
		title: 'Documents of the issuer',
		about:
			'What the setup check finds about [what an issuer publishes](issuer-documents.md) for direct issuance.',
		rows: issuerErrors,
	},
	{
		title: 'Moca AIR',
		about: 'What [Moca AIR](moca-air.md) refuses, mostly why it hands out no token.',
		rows: partnerJwtErrors,
	},
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

/** The outcome that most rows have. */
function usualOutcome(rows: readonly AirErrorRow[]): string {
	const counts = new Map<string, number>();
	for (const row of rows) counts.set(outcomeOf(row), (counts.get(outcomeOf(row)) ?? 0) + 1);
	const [[usual] = ['']] = [...counts].sort(([, one], [, other]) => other - one);
	return usual;
}

/** The advice without the parts that the page gives elsewhere: before the section, or as the outcome. */
function adviceOnPage(advice: string, once: string | undefined): string {
	const own = once === undefined ? advice : advice.replace(`${once}.`, '').replace(once, '');
	return own
		.replace(/ Nothing was (?:sent|issued|stored)(?: for this item)?\.$/, '')
		.replaceAll(/ {2,}/g, ' ')
		.trim();
}

function section({ title, about, rows, once }: Group): string {
	const usual = usualOutcome(Object.values(rows));
	const introduction = [
		about,
		...(usual === OUTCOMES.input ? [] : [`The outcome, unless a row names another: ${usual}.`]),
		...(once === undefined ? [] : [once]),
	].join(' ');
	const lines = Object.entries(rows).map(([code, row]) => {
		const outcome = outcomeOf(row);
		const what = [
			`<a id="${code.toLowerCase()}"></a>${cell(row.title)}`,
			...(row.when === undefined ? [] : [`*${cell(row.when)}*`]),
			`\`${code}\`${outcome === usual ? '' : `: ${outcome}`}`,
		];
		return line([what.join('<br>'), cell(adviceOnPage(row.advice, once))]);
	});
	const table = [line(['What it says, and when', 'What to do']), line(['---', '---']), ...lines];
	return `## ${title}\n\n${introduction}\n\n${table.join('\n')}\n`;
}

/** The content of `docs/errors.md`, from the catalogue. */
export function errorDocs(): string {
	return [
		'<!-- Written by scripts/errorDocs.ts from errors/rows/. Do not edit: run `npx tsx scripts/errorDocs.ts`. -->\n',
		// The cells are not padded: otherwise each new advice would change every line.
		'<!-- prettier-ignore-start -->\n',
		INTRODUCTION,
		...GROUPS.map(section),
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
