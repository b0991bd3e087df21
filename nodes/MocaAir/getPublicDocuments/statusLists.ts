import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';
import { z } from 'zod';
import { AirError } from '../../../errors/AirError';
import { issuerOf } from '../../../issuance/direct/issuer';
import { asAirError } from '../../../issuance/session/asAirError';
import { assertNoKeyLeftOut } from '../../../issuance/status/liveKeys';
import { exportedLists, type Exported } from '../../../issuance/status/exportedLists';
import type { ListForm } from '../../../issuance/status/statusListToken';
import type { RunSettings } from '../../../n8n/parameters/credentialSettings';
import { numberFrom, trueOrFalse } from '../../../n8n/parameters/settingInvalid';
import { RunLedger } from '../../../n8n/run/RunLedger';
import { readFields } from '../ledgerRun/fields';

const DAY_SECONDS = 86_400;

export const properties: INodeProperties[] = [
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add Option',
		default: {},
		options: [
			{
				displayName: 'Bare Status List',
				name: 'bareStatusList',
				type: 'boolean',
				default: true,
				description:
					'Whether to write status lists exactly as AIR’s documents show them. Only for a verifier that refuses the usual form.',
			},
			{
				displayName: 'Lists Expire After Days',
				name: 'listsExpireAfterDays',
				type: 'number',
				typeOptions: { minValue: 1 },
				default: 7,
				description:
					'Without this, a status list never expires. With it, verifiers refuse every credential of a list that was not published again in time: so an old copy cannot hide a revocation.',
			},
		],
	},
];

const shape = {
	options: z
		.looseObject(
			{
				bareStatusList: trueOrFalse().default(false),
				listsExpireAfterDays: numberFrom(1, 3650, 'days').optional(),
			},
			'are not as expected',
		)
		.default({ bareStatusList: false }),
};

function formOf(context: IExecuteFunctions): Exclude<ListForm, 'live'> {
	const { options } = readFields(context, properties, shape, 0);
	if (options.bareStatusList) return 'bare';
	const days = options.listsExpireAfterDays;
	return { file: days === undefined ? {} : { lifetimeSeconds: Math.round(days * DAY_SECONDS) } };
}

async function exported(
	context: IExecuteFunctions,
	settings: RunSettings,
	form: Exclude<ListForm, 'live'>,
): Promise<Exported> {
	const ledger = new RunLedger(context);
	try {
		const session = await ledger.for(settings);
		const living = await session.ledger.liveKeys(session.realm);
		// If there are no lists, AIR is not asked.
		if (living.length + (await session.ledger.statusLists(session.realm)).length === 0) {
			return { lists: [], doubtful: [] };
		}
		const { issuer, issuerAs, statusListUrl, published } = issuerOf(settings);
		await assertNoKeyLeftOut(living, published, async () => {
			await session.assertKeyAccepted();
		});
		const { kid, key } = settings.identity;
		const signer = { issuer, issuerAs, statusListUrl, kid, key };
		return await exportedLists(session, signer, form, Date.now());
	} finally {
		await ledger.end();
	}
}

function warn(context: IExecuteFunctions, message: string): void {
	if (typeof context.addExecutionHints !== 'function') return;
	context.addExecutionHints({ type: 'warning', location: 'outputPane', message });
}

const LEFT_OUT: ReadonlySet<string> = new Set(['AIR_KEY_STILL_NEEDED', 'AIR_KEY_ID_TAKEN']);

/**
 * The status lists of what was issued directly, as files to be hosted. The other documents need no
 * ledger: if it cannot be read, or AIR does not accept the key, the lists are left out, with a hint.
 *
 * @throws AirError `AIR_SETTING_INVALID`; `AIR_KEY_STILL_NEEDED` or `AIR_KEY_ID_TAKEN` if the documents lack a key, also
 *   where AIR does not accept the new key yet
 */
export async function statusListItems(
	context: IExecuteFunctions,
	settings: RunSettings,
): Promise<INodeExecutionData[]> {
	const form = formOf(context);
	if (settings.direct === undefined || settings.ledger.store === 'off') return [];
	let found: Exported;
	try {
		found = await exported(context, settings, form);
	} catch (error) {
		const known = asAirError(error);
		// Documents without it would make credentials invalid.
		if (known instanceof AirError && LEFT_OUT.has(known.code)) throw known;
		const why =
			known instanceof AirError ? `${known.message}. ${known.advice}` : 'an unexpected failure';
		const isUnread = !(known instanceof AirError) || known.code.startsWith('AIR_LEDGER_');
		warn(
			context,
			`The status lists are left out${isUnread ? ', and nobody knows whether valid credentials need a key that these documents lack' : ''}: ${why}`,
		);
		return [];
	}
	if (found.doubtful.length > 0) {
		warn(
			context,
			`${found.doubtful.length} status lists are left out: the ledger was restored, and does not know what was revoked since. Leave published what is published of them.`,
		);
	}
	const items = found.lists.map(async ({ id, url, mediaType, token, ...counts }) => ({
		json: { fileName: id, mediaType, url, content: { token, ...counts } },
		binary: {
			data: await context.helpers.prepareBinaryData(Buffer.from(token), id, mediaType),
		},
		pairedItem: { item: 0 },
	}));
	return await Promise.all(items);
}
