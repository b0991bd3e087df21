import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { startEmulator, type Emulator, type PartnerInput } from './index';
import { partnerInput } from './inputs';

const HELP = `The AIR API on this machine: Issue on Behalf, credential status and direct issuance, for demos
and tests.

  npm run emulator -- [options]

  --port <n>              port to listen on (8787; 0 takes any free one)
  --account-port <n>      port of the account host (the next after --port; any free one if that is 0)
  --host <address>        loopback address to listen on (127.0.0.1)
  --partner-id <id>       registers a partner, with a demo issuance program
  --jwks-url <url>        where that partner publishes its JWKS
  --register <file>       registers the partner, or list of partners, in a JSON file
  --confirm-after-ms <n>  how long an issuance stays WAIT_ONCHAIN (1500; 'never' forever)
  --visible-after-ms <n>  how long the status of a fresh issuance is 404 (0)
  --latency-ms <n>        added to every answer (0)
  --workers <n>           requests that each host works on at once (any number)
  --jwks-cache-seconds <n>  how long a fetched JWKS is used (0)
  --no-refetch            a kid missing from the cached JWKS is 401 until the cache
                          runs out; without this the JWKS is fetched again
  --status-needs-email    a status query whose token names no e-mail is 401
  --iat-tolerance-seconds <n>  how far iat may lie ahead of AIR's clock (60)
  --tolerant-tokens       Partner JWTs need no typ, scope or short life
  --ca <file>             certificates (PEM) to trust for JWKSs and did.json, besides Node's own
  --help                  shows this

docs/internals/emulator.md has the control endpoint and the format of --register.
`;

/** Made up, but shaped like AIR's own: see docs/internals/emulator.md. */
const DEMO_PROGRAM = {
	programId: 'c0demo0program00000000',
	issuerDid: 'did:air:id:test:demoIssuer',
	schemaId: '01DEMOSCHEMA0000000000',
	subject: {
		age: { type: 'integer' },
		location: { type: 'string' },
		isMember: { type: 'boolean' },
	},
} as const satisfies NonNullable<PartnerInput['programs']>[number];

class UsageError extends Error {}

function number(name: string, text: string | undefined, fallback: number): number {
	if (text === undefined) return fallback;
	const value = Number(text);
	if (text.trim() === '' || !(value >= 0))
		throw new UsageError(`--${name}: ${text} is not a number`);
	return value;
}

function partnersIn(file: string): PartnerInput[] {
	const list = z.union([z.array(partnerInput), partnerInput.transform((partner) => [partner])]);
	try {
		return list.parse(JSON.parse(readFileSync(file, 'utf8')));
	} catch (error) {
		const why =
			error instanceof z.ZodError
				? z.prettifyError(error)
				: error instanceof Error
					? error.message
					: String(error);
		throw new UsageError(`--register ${file}: ${why}`);
	}
}

function certificatesIn(file: string): string {
	try {
		return readFileSync(file, 'utf8');
	} catch (error) {
		throw new UsageError(`--ca ${file}: ${error instanceof Error ? error.message : String(error)}`);
	}
}

function say(text: string): void {
	process.stdout.write(`${text}\n`);
}

function describe({ baseUrl, accountUrl, controlUrl, control }: Emulator): void {
	say(`AIR emulator: base URL ${baseUrl}`);
	say(`              accounts ${accountUrl}`);
	say(`              control  ${controlUrl}`);
	const { partners } = control.overview();
	for (const { partnerId, jwksUrl, scopes, programs } of partners) {
		say(`partner ${partnerId}`);
		say(`  JWKS    ${jwksUrl ?? 'none: every call will be 401'}`);
		say(`  scopes  ${scopes.join(' | ')}`);
		for (const { programId, issuerDid, subject } of programs) {
			const attributes = Object.entries(subject).map(
				([name, { type, required }]) => `${name}${required ? '*' : ''}: ${type}`,
			);
			say(`  program ${programId} of ${issuerDid} { ${attributes.join(', ')} }`);
		}
	}
	if (partners.length > 0) return;
	const example = JSON.stringify({
		partnerId: 'my-partner-id',
		jwksUrl: 'http://127.0.0.1:8080/.well-known/jwks.json',
		programs: [DEMO_PROGRAM],
	});
	say('No partner is registered, so every call will be 401. Register one with');
	say(`  curl ${controlUrl}/partners -H 'content-type: application/json' -d '${example}'`);
}

async function main(): Promise<void> {
	const { values } = parseArgs({
		options: {
			port: { type: 'string' },
			'account-port': { type: 'string' },
			host: { type: 'string' },
			'partner-id': { type: 'string' },
			'jwks-url': { type: 'string' },
			register: { type: 'string' },
			'confirm-after-ms': { type: 'string' },
			'visible-after-ms': { type: 'string' },
			'latency-ms': { type: 'string' },
			workers: { type: 'string' },
			'jwks-cache-seconds': { type: 'string' },
			'no-refetch': { type: 'boolean' },
			'status-needs-email': { type: 'boolean' },
			'iat-tolerance-seconds': { type: 'string' },
			'tolerant-tokens': { type: 'boolean' },
			ca: { type: 'string' },
			help: { type: 'boolean' },
		},
	});
	if (values.help === true) {
		say(HELP);
		return;
	}
	const partners = values.register === undefined ? [] : partnersIn(values.register);
	const partnerId = values['partner-id'];
	const jwksUrl = values['jwks-url'];
	if (partnerId !== undefined) partners.push({ partnerId, jwksUrl, programs: [DEMO_PROGRAM] });
	else if (jwksUrl !== undefined) throw new UsageError('--jwks-url needs --partner-id');

	const confirm = values['confirm-after-ms'];
	const port = number('port', values.port, 8787);
	const emulator = await startEmulator({
		port,
		accountPort: number('account-port', values['account-port'], port === 0 ? 0 : port + 1),
		host: values.host,
		confirmAfterMs: confirm === 'never' ? null : number('confirm-after-ms', confirm, 1500),
		visibleAfterMs: number('visible-after-ms', values['visible-after-ms'], 0),
		latencyMs: number('latency-ms', values['latency-ms'], 0),
		workers: values.workers === undefined ? null : number('workers', values.workers, 1),
		jwksCacheSeconds: number('jwks-cache-seconds', values['jwks-cache-seconds'], 0),
		refetchOnUnknownKid: values['no-refetch'] !== true,
		statusNeedsEmail: values['status-needs-email'] === true,
		iatToleranceSeconds: number('iat-tolerance-seconds', values['iat-tolerance-seconds'], 60),
		direct: { tolerantTokens: values['tolerant-tokens'] === true },
		ca: values.ca === undefined ? undefined : certificatesIn(values.ca),
		partners,
		log: (line) => {
			say(`${new Date().toISOString()} ${line}`);
		},
	});
	for (const signal of ['SIGINT', 'SIGTERM'] as const) {
		process.once(signal, () => void emulator.close());
	}
	// Last, because a program that waits for this output may end the emulator at once.
	describe(emulator);
}

main().catch((error: unknown) => {
	const message = error instanceof Error ? error.message : String(error);
	const misused = error instanceof UsageError || (error instanceof TypeError && 'code' in error);
	process.stderr.write(`emulator: ${message}\n${misused ? 'See --help.\n' : ''}`);
	process.exitCode = 1;
});
