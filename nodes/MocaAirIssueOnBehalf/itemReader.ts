import type { IExecuteFunctions } from 'n8n-workflow';
import { repeatsUnknown } from '../../air/pacing/repeat';
import { idempotencyOf, type Idempotency } from '../../issuance/issue/idempotency';
import type { IssueRequest } from '../../issuance/issue/Issuing';
import { callOptionsReader, type CallOptionValues } from '../../n8n/parameters/callOptions';
import { credentialSettings } from '../../n8n/parameters/credentialSettings';
import type { Parameter } from '../../n8n/parameters/parameter';
import { idempotencyModes } from '../../n8n/issuing/idempotencyMode';
import { issueOptions } from '../../n8n/issuing/issueOptions';
import { issueRequests } from './issueRequest';
import { properties } from './properties';
import { ownRecipients } from '../../n8n/issuing/ownRecipients';

const readOptions = callOptionsReader(properties);

type Settings = Awaited<ReturnType<ReturnType<typeof credentialSettings>>>;

/** An item, read and checked: what is sent, and how. */
export interface ReadItem {
	readonly options: CallOptionValues;
	readonly settings: Settings;
	readonly request: IssueRequest;
	readonly idempotency: Idempotency;
	readonly repeatUnknown: boolean;
}

export interface ItemReader {
	(itemIndex: number): Promise<ReadItem>;
	readonly options: Parameter<CallOptionValues>;
	/** The credential's settings for an item. */
	readonly settings: (itemIndex: number) => Promise<Settings>;
}

/**
 * Makes a reader that checks an item before anything is sent; create it once per run.
 *
 * @throws AirError of kind `input`, and what n8n throws for a broken expression
 */
export function itemReader(context: IExecuteFunctions): ItemReader {
	const settingsFor = credentialSettings(context);
	const options = issueOptions(context, readOptions);
	const requestOf = issueRequests(context);
	const modeOf = idempotencyModes(context);
	const assertOwnRecipient = ownRecipients(context);
	const settings = async (itemIndex: number) =>
		await settingsFor(options(itemIndex).lifetimeMinutes);
	const read = async (itemIndex: number): Promise<ReadItem> => {
		const given = options(itemIndex);
		const own = await settings(itemIndex);
		assertOwnRecipient(itemIndex, given);
		const request = requestOf(itemIndex, {
			option: given.issuerDid,
			credential: own.issuerDid,
		});
		const mode = modeOf(itemIndex, given.rememberHours);
		return {
			options: given,
			settings: own,
			request,
			idempotency: idempotencyOf(own.identity.key, request, mode, given.ignoreWhenComparing),
			repeatUnknown: repeatsUnknown(request.onDuplicate, given.sendAgainWhenUnknown),
		};
	};
	return Object.assign(read, { options, settings });
}
