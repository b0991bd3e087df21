import type { FaultInput } from '../../../../../emulator';
import { issueFaults, type IssueFault } from '../../../../engine/faults/issueFaults';

/** The two calls of direct issuance. */
export type Call = 'account' | 'store';

interface Own extends Pick<
	IssueFault,
	'name' | 'known' | 'final' | 'everybody' | 'requestTimeout'
> {
	readonly inject: FaultInput;
	/** The account is looked up once more, and it is sent again. */
	readonly askedAgain?: boolean;
}

/**
 * What goes wrong with one of the calls, and what is known then of the credential: see `IssueFault`. Of
 * the account nothing is ever unknown: looking it up issues nothing.
 */
export interface DirectFault extends Own {
	readonly call: Call;
	/** Whether AIR carries the request out. */
	readonly worked: boolean;
	/** In milliseconds, where the fault is one of time. */
	readonly timeoutMs?: number;
}

const OPTIONAL: ReadonlySet<string> = new Set(['answer', 'reset', 'redirect', 'hang', 'encode']);
/** Those whom the fault does not meet are to be answered in it on a busy machine, too. */
const SHORT_MS = 1_500;

/** The same fault before AIR did anything, and after AIR did all of it. */
function bothWays(input: FaultInput): FaultInput[] {
	if (!OPTIONAL.has(input.kind)) return [input];
	if (input.kind === 'reset' && input.midBody === true) return [input];
	return [false, true].map((afterWork) => ({ ...input, afterWork }) as FaultInput);
}

const workedBy = (input: FaultInput) =>
	!('afterWork' in input) || input.afterWork === true || !OPTIONAL.has(input.kind);

/** What names a field of another call. */
const OF_ISSUE: ReadonlySet<string> = new Set(['dropField', 'setField']);

const setField = (fields: Record<string, unknown>): FaultInput => ({ kind: 'setField', fields });
const dropField = (...fields: string[]): FaultInput => ({ kind: 'dropField', fields });

const ofStore: readonly Own[] = [
	{ name: 'an answer without storagePath', known: 'unknown', inject: dropField('storagePath') },
	{
		name: 'an answer without anything else',
		known: 'nothing',
		inject: dropField('state', 'envelopeVersion', 'createdAt'),
	},
	...([null, 5, '', 'dstorage://vc/\0', {}] as const).map((storagePath) => ({
		name: `storagePath ${JSON.stringify(storagePath)}`,
		known: 'unknown' as const,
		inject: setField({ storagePath }),
	})),
	{
		name: 'fields of other types',
		known: 'nothing',
		inject: setField({ state: {}, envelopeVersion: 1, createdAt: null, more: 'm'.repeat(900_000) }),
	},
	{
		name: 'fields with our own names',
		known: 'nothing',
		inject: setField({
			outcome: 'kept',
			externalId: 'urn:uuid:other',
			revocationNumber: '1',
			holderDid: 'did:other',
			email: 'eve@example.com',
			recorded: false,
			error: 'none',
		}),
	},
	{
		name: '404 that names the user',
		known: 'refused',
		askedAgain: true,
		inject: { kind: 'answer', status: 404, body: { type: 'air', message: 'User not found' } },
	},
	...[409, 401, 404, 410, 422].map((status) => ({
		name: `${status} by AIR`,
		known: 'refused' as const,
		inject: { kind: 'answer', status } as const,
	})),
];

const ofAccount: readonly Own[] = [
	...['did', 'publicKey'].map((field) => ({
		name: `an answer without ${field}`,
		known: 'not-sent' as const,
		inject: dropField(field),
	})),
	{
		name: 'an answer without signingKey',
		known: 'not-sent',
		final: true,
		inject: dropField('signingKey'),
	},
	...(
		[
			['a DID that is none', false, { did: 'ada' }],
			['a DID that is a number', false, { did: 5 }],
			['an encryption key that is none', true, { publicKey: '0x302a' }],
			['a signing key that is none', true, { signingKey: { jwk: { kty: 'EC', crv: 'P-256' } } }],
		] as const
	).map(([name, final, fields]) => ({
		name,
		known: 'not-sent' as const,
		final,
		inject: setField(fields),
	})),
	{
		name: 'fields of other types',
		known: 'nothing',
		inject: setField({ userId: {}, status: 5, more: 'm'.repeat(900_000) }),
	},
	...[400, 401, 403, 404, 409].map((status) => ({
		name: `${status} by AIR`,
		known: 'refused' as const,
		inject: { kind: 'answer', status } as const,
	})),
];

function faultsOf(call: Call, own: readonly Own[]): DirectFault[] {
	const shared = issueFaults
		.filter(({ inject, name }) => {
			return !name.includes('each time') && inject.every(({ kind }) => !OF_ISSUE.has(kind));
		})
		.flatMap(({ inject, ...fault }) => inject.map((one) => ({ ...fault, inject: one })));
	const seen = new Set<string>();
	return [...shared, ...own].flatMap(({ inject, ...fault }: Own) =>
		bothWays(inject).flatMap((one): DirectFault[] => {
			const key = JSON.stringify(one);
			if (seen.has(key)) return [];
			seen.add(key);
			const worked = workedBy(one);
			const name = fault.name.replace(/,? (nothing done|issued|after AIR issued)$/, '');
			// What was not done is answered with a server failure, in the same coding.
			const isFailure = one.kind === 'encode' && !worked && one.status === undefined;
			// A question is not kept waiting for as long as an issuance is.
			const isTooLong = call === 'account' && fault.everybody === true;
			return [
				{
					...fault,
					name: `${name}, ${worked ? 'done' : 'not done'}`,
					call,
					known: isFailure ? 'unknown' : fault.known,
					final: (fault.final === true && !isFailure) || isTooLong,
					inject: one,
					worked,
					...(fault.requestTimeout === undefined ? {} : { timeoutMs: SHORT_MS }),
				},
			];
		}),
	);
}

/** Everything that can go wrong with either call. */
export const directFaults: readonly DirectFault[] = [
	...faultsOf('account', ofAccount),
	...faultsOf('store', ofStore),
];
