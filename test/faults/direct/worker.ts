import { createPrivateKey } from 'node:crypto';
import { subscribe } from 'node:diagnostics_channel';
import { writeSync } from 'node:fs';
import { AirError } from '../../../errors/AirError';
import type { DirectIssueRequest } from '../../../issuance/direct/DirectIssuing';
import type { Ledger } from '../../../ledger/Ledger';
import { openPostgresLedger } from '../../../ledger/postgres/openPostgresLedger';
import { openSqliteLedger } from '../../../ledger/sqlite/openSqliteLedger';
import type { Ending } from '../../unit/issuance/direct/matrix/books';
import { issuerOn } from '../../unit/issuance/direct/support';

/** What a process has to do; it comes as JSON on the command line. */
export interface Work {
	readonly store: { readonly file: string } | { readonly url: string };
	readonly baseUrl: string;
	readonly accountUrl: string;
	readonly did: string;
	/** Of the partner. */
	readonly pem: string;
	readonly recipient: string;
	readonly event: string;
	/** What it asks for besides. */
	readonly changes?: Partial<DirectIssueRequest>;
	/** At which moment of the issuance it stops or kills itself, counted from 1. */
	readonly at?: number;
	readonly signal?: 'SIGKILL' | 'SIGSTOP';
}

/** What a process tells, as JSON on its standard output. */
export interface Told {
	/** Absent of one that killed itself. */
	readonly ending?: Ending;
	/** The moments that it has passed, in their order. */
	readonly moments: readonly string[];
}

const work = JSON.parse(process.argv[2] ?? '') as Work;
const moments: string[] = [];
let began = false;

/** A moment of the issuance: the process may end here. */
function moment(name: string): void {
	if (!began) return;
	moments.push(name);
	if (moments.length !== work.at || work.signal === undefined) return;
	writeSync(1, `${JSON.stringify({ moments })}\n`);
	process.kill(process.pid, work.signal);
}

for (const name of [
	'request:create',
	'client:sendHeaders',
	'request:bodySent',
	'request:headers',
	'request:trailers',
]) {
	subscribe(`undici:${name}`, (message) => {
		const { request } = message as { request: { path: string } };
		moment(`${request.path.split('/').at(-1) ?? ''} ${name.split(':')[1] ?? ''}`);
	});
}

/** Each call of the ledger is three moments: before it, as soon as it has begun, and after it. */
const watched = (ledger: Ledger): Ledger =>
	new Proxy(ledger, {
		get: (target, name) => {
			const member: unknown = Reflect.get(target, name);
			if (typeof member !== 'function') return member;
			return (...given: unknown[]): unknown => {
				moment(`before ${String(name)}`);
				const returned: unknown = Reflect.apply(member, target, given);
				moment(`within ${String(name)}`);
				if (!(returned instanceof Promise)) return returned;
				return returned.then((value: unknown) => {
					moment(`after ${String(name)}`);
					return value;
				});
			};
		},
	});

async function endingOf(): Promise<Ending> {
	const { store, baseUrl, accountUrl, did, pem, event, recipient, changes } = work;
	const ledger =
		'file' in store
			? (await openSqliteLedger({ file: store.file })).ledger
			: await openPostgresLedger({ url: store.url });
	const signer = { privateKey: createPrivateKey(pem) };
	const issuer = issuerOn(watched(ledger), { baseUrl, accountUrl, did, signer });
	try {
		began = true;
		return { how: 'issued', item: await issuer.issue(event, { recipient, ...changes }) };
	} catch (error) {
		if (!(error instanceof AirError)) throw error;
		return { how: 'error', kind: error.kind, code: error.code };
	} finally {
		began = false;
		await ledger.close();
	}
}

async function main(): Promise<void> {
	const ending = await endingOf();
	writeSync(1, `${JSON.stringify({ ending, moments } satisfies Told)}\n`);
	process.exit(0);
}

void main();
