import { createServer, type AddressInfo } from 'node:net';
import fc from 'fast-check';
import { AirClient } from '../../../air/AirClient';
import { AirError } from '../../../errors/AirError';
import { closeDispatchers } from '../../../air/http/dispatchers';
import { forgetLimits } from '../../../air/pacing/HostLimiter';
import { importPrivateKey } from '../../../air/keys/privateKey';
import { makeKey } from '../../support/keys';
import { badInput } from '../BadInput';
import { must, shownBy } from '../expecting';
import { mutated } from '../pieces';

const CRLF = '\r\n';
const GOOD = '{"coreClaimHash":"ab","credentialId":"p","userUuid":"u"}';
const withLength = (body: string, status = '200 OK') =>
	`HTTP/1.1 ${status}${CRLF}Content-Type: application/json${CRLF}Content-Length: ${Buffer.byteLength(body)}${CRLF}${CRLF}${body}`;

const whole = fc.oneof(
	fc.constantFrom(
		withLength(GOOD),
		withLength(GOOD, '500 Oops'),
		withLength('<h1>Bad</h1>', '502 Bad'),
		withLength('', '204 No Content'),
		`HTTP/1.1 100 Continue${CRLF}${CRLF}${withLength(GOOD)}`,
		`HTTP/1.1 307 Elsewhere${CRLF}Location: http://127.0.0.1:1/${CRLF}Content-Length: 0${CRLF}${CRLF}`,
		`HTTP/1.1 200 OK${CRLF}Transfer-Encoding: chunked${CRLF}${CRLF}${GOOD.length.toString(16)}${CRLF}${GOOD}${CRLF}0${CRLF}${CRLF}`,
		`HTTP/1.1 429 Slow${CRLF}Retry-After: 5${CRLF}Content-Length: 0${CRLF}${CRLF}`,
		`HTTP/1.0 200 OK${CRLF}${CRLF}${GOOD}`,
	),
	fc.integer({ min: 100, max: 599 }).map((status) => withLength(GOOD, `${status} X`)),
	fc.jsonValue().map((value) => withLength(JSON.stringify(value))),
);

let bytes = '';
let asked = 0;
let client: AirClient;
let before: string | undefined;

/** Answers each request with the bytes of the case, and hangs up. */
async function setUp() {
	before = process.env.MOCA_AIR_ALLOW_PRIVATE_URLS;
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
	const server = createServer((socket) => {
		let received = '';
		socket.on('error', () => undefined);
		socket.on('data', (data) => {
			received += data.toString('latin1');
			if (!received.endsWith('"revoke"}')) return;
			received = '';
			asked += 1;
			socket.end(Buffer.from(bytes, 'utf8'));
		});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	client = new AirClient({
		baseUrl: `http://127.0.0.1:${port}/v1`,
		partnerId: 'p',
		kid: 'k',
		key: await importPrivateKey(makeKey().pem),
		scope: 'issue on-behalf',
		lifetimeSeconds: 300,
	});
	return async () => {
		await closeDispatchers();
		await new Promise((resolve) => server.close(resolve));
		if (before === undefined) delete process.env.MOCA_AIR_ALLOW_PRIVATE_URLS;
		else process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = before;
	};
}

const request = {
	issuerDid: 'did:air:x',
	credentialId: 'p',
	credentialSubject: { a: 1 },
	onDuplicate: 'revoke',
} as const;

export const exchanges = badInput<string>({
	name: 'Bytes in place of HTTP',
	share: 200,
	inputs: fc.oneof(
		{ weight: 4, arbitrary: mutated(whole) },
		{ weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 200 }) },
	),
	corpus: [
		'',
		'HTTP/1.1',
		withLength(GOOD),
		withLength(GOOD).replace(/Length: \d+/, 'Length: 99999999999999999999'),
		withLength(GOOD).replace(/Length: \d+/, 'Length: -1'),
		withLength(GOOD).replace(/Length: \d+/, 'Length: 5'),
		withLength(`{"coreClaimHash":"${'x'.repeat(2_000_000)}"}`),
		withLength('x'.repeat(2_000_000), '500 Oops'),
		`HTTP/1.1 200 OK${CRLF}${'X-Header: y\r\n'.repeat(50_000)}${CRLF}`,
		`HTTP/1.1 200 ${'y'.repeat(1_000_000)}${CRLF}${CRLF}`,
	],
	setUp,
	check: async (answer) => {
		// Otherwise all later cases would wait for the pause that one answer asks for.
		forgetLimits();
		bytes = answer;
		asked = 0;
		let verdict: 'taken' | 'refused' = 'taken';
		try {
			const { coreClaimHash } = await client.issueOnBehalf('ada@example.com', request, {
				timeoutMs: 30_000,
			});
			must(answer.includes(coreClaimHash), 'a hash is AIR’s');
			must(/ 2\d\d/.test(answer), 'an issuance has a status of success');
		} catch (error) {
			if (!(error instanceof AirError)) throw error;
			must(['outcome-unknown', 'refused', 'not-sent'].includes(error.kind), error.code);
			must(error.kind !== 'not-sent' || /429|503|407/.test(answer), `${error.code} was sent`);
			must(!shownBy(error).includes('eyJ'), 'no token is shown');
			verdict = 'refused';
		}
		must(asked === 1, `it was sent once, not ${asked} times`);
		return verdict;
	},
});
