import type { AirEnvironment } from '../air/baseUrl';
import { closeDispatchers } from '../air/http/dispatchers';
import { DEFAULT_LIFETIME_SECONDS } from '../air/tokens/partnerJwt';
import { directSettings } from '../issuance/settings/directSettings';
import { checkParts, type Finding } from '../issuance/setup/checkSetup';
import type { Command } from 'commander';
import { command, notEmpty, type Call } from './Command';
import { UsageError } from './errors';
import { readKeyText } from './keyFile';
import { readKid } from './keyId';
import { assertFile } from './ledger/open';
import { placeOf, URL_VARIABLE } from './ledger/place';
import { echo, printable, printableJson } from './text';

interface CheckOptions {
	readonly url: string;
	readonly key?: string;
	readonly kid?: string;
	readonly partner?: string;
	readonly air?: string;
	readonly issuer?: string;
	readonly listUrl?: string;
	readonly ledger?: string | true;
	readonly json?: boolean;
}

/**
 * The key ID; as in the credential, an empty one means the partner ID.
 *
 * @throws UsageError unless it is clear which key belongs to which ID
 */
function kidOf({ key, kid, partner }: CheckOptions): string | undefined {
	const id = kid ?? partner;
	if (key !== undefined && id === undefined) {
		throw new UsageError('--kid is missing: which key ID does the key have in the JWKS?');
	}
	return id;
}

/** @throws UsageError for other text: the checks would blame a credential that nobody has */
function urlOf({ url }: CheckOptions): string {
	if (URL.canParse(url.trim())) return url.trim();
	throw new UsageError(
		`--url: ${echo(url)} is not a complete address such as https://issuer.example.com/.well-known/jwks.json`,
	);
}

/** @throws UsageError for a word that is none: the checks would blame the base URL of a credential */
function environmentOf(air: string | undefined): AirEnvironment {
	if (air === undefined || air === 'sandbox') return 'sandbox';
	if (air === 'production') return air;
	if (URL.canParse(air)) return 'custom';
	throw new UsageError(`--air: ${echo(air)} is neither sandbox, production nor a base URL`);
}

/** @throws UsageError if AIR should be asked, but an option for that is missing */
function airOf({ partner, air, key }: CheckOptions) {
	if (partner === undefined) {
		if (air === undefined) return undefined;
		throw new UsageError('--partner is missing: AIR is asked in the name of a partner ID');
	}
	if (key === undefined) {
		throw new UsageError('--key is missing: AIR is asked with a token, which the key signs');
	}
	const environment = environmentOf(air);
	return {
		environment,
		baseUrl: environment === 'custom' ? (air ?? '') : '',
		partnerId: partner.trim(),
		scope: 'issue on-behalf',
		lifetimeSeconds: DEFAULT_LIFETIME_SECONDS,
	};
}

/** As in the credential. AIR's account host is not asked, since that would make an account. */
const directOf = ({ issuer, listUrl }: CheckOptions) =>
	directSettings(
		{
			environment: 'sandbox',
			directIssuer: issuer?.trim() ?? '',
			directIssuerAs: 'did',
			accountUrl: '',
			statusListUrl: listUrl?.trim() ?? '',
		},
		'--issuer',
	);

/** @throws UsageError if an option for the ledger is missing, CliError if there is no ledger */
function ledgerOf({ ledger, issuer, partner }: CheckOptions, env: NodeJS.ProcessEnv) {
	if (ledger === undefined) return undefined;
	if (issuer === undefined || partner === undefined) {
		throw new UsageError('--ledger needs --issuer, --partner and --key as well');
	}
	const file = ledger === true ? {} : { file: ledger };
	const place = placeOf(file, ledger === true ? env : {});
	if (place.store === 'sqlite') assertFile(place.file);
	return place;
}

const count = (findings: readonly Finding[], status: Finding['status']) =>
	findings.filter((finding) => finding.status === status).length;

const times = (number: number, one: string, more: string) =>
	`${number} ${number === 1 ? one : more}`;

function report(findings: readonly Finding[]): string {
	const width = Math.max(...findings.map(({ check: name }) => name.length));
	const lines = findings.flatMap(({ check: name, status, detail, fix }) => [
		`${status}  ${name.padEnd(width)}  ${printable(detail)}`,
		...(fix === '' ? [] : [`      ${' '.repeat(width)}  → ${printable(fix)}`]),
	]);
	const failed = count(findings, 'fail');
	const warned = times(count(findings, 'warn'), 'warning', 'warnings');
	const end =
		failed === 0
			? `Nothing fails. ${warned}.`
			: `${times(failed, 'check fails', 'checks fail')}, ${warned}. Fix the first failure, then check again.`;
	return `${lines.join('\n')}\n\n${end}\n`;
}

const columns = ({ check: name, status, detail, fix }: Finding) => ({
	check: name,
	status,
	detail,
	fix,
});

const jsonReport = (findings: readonly Finding[]) =>
	`[\n${findings.map((finding) => printableJson(columns(finding))).join(',\n')}\n]\n`;

export const check = (call: Call): Command =>
	command(call, 'check')
		.summary('checks a JWKS URL, a key, and whether AIR accepts it')
		.description('Checks what AIR needs before it accepts a request, and says what to fix.')
		.requiredOption('--url <URL>', 'the JWKS URL, as registered with AIR')
		.option(
			'--key <FILE>',
			'the private key, to see whether it belongs to the published one. It is not sent anywhere',
		)
		.option(
			'--kid <ID>',
			'its key ID, as the credential has it. Without it: the partner ID',
			readKid,
		)
		.option(
			'--partner <ID>',
			'asks AIR too whether it accepts a token of this key. Nothing is issued',
			notEmpty('--partner'),
		)
		.option('--air <WHERE>', 'sandbox (if not given), production, or the base URL')
		.option(
			'--issuer <WHO>',
			'the issuer of direct issuance, as in Issuer Host or DID: also fetches what it publishes',
			notEmpty('--issuer'),
		)
		.option('--list-url <URL>', 'with --ledger: as Status List URL of the credential, if filled in')
		.option(
			'--ledger [FILE]',
			`also looks into the ledger, for status lists and keys of what was issued directly: in this file, or as the other commands find it (${URL_VARIABLE})`,
		)
		.option('--json', 'a JSON array of check, status, detail and fix, instead of lines')
		.addHelpText(
			'after',
			`
Each line is a check: pass, warn or fail, what was found, and what to do. A check that
cannot be done is left out. All is fetched from here: AIR may see something else.

Exit status: 0 nothing fails (there may be warnings), 1 something fails, 2 called in a
wrong way.`,
		)
		.action(async (options: CheckOptions) => {
			const { io } = call;
			const kid = kidOf(options);
			const air = airOf(options);
			const ledger = ledgerOf(options, io.env);
			const jwksUrl = urlOf(options);
			const privateKey = options.key === undefined ? undefined : await readKeyText(options.key);
			try {
				const setup = {
					jwksUrl,
					privateKey,
					kid,
					air,
					direct: directOf(options),
					ledger,
					// This command does not know which other keys are published.
					...(privateKey === undefined ? {} : { furtherPublicKeys: '' }),
				};
				const findings = await checkParts(setup, { documents: true });
				await io.stdout(options.json === true ? jsonReport(findings) : report(findings));
				call.status = count(findings, 'fail') === 0 ? 0 : 1;
			} finally {
				await closeDispatchers();
			}
		});
