import { tryToParseDateTime, type IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod';
import type { Disclosable } from '../../../air/direct/hideClaims';
import { AirError } from '../../../errors/AirError';
import type { DirectIssuer, DirectIssueRequest } from '../../../issuance/direct/DirectIssuing';
import { expiryAfter, expiryAt } from '../../../issuance/direct/expiry';
import { issuerOf } from '../../../issuance/direct/issuer';
import { parseCredentialType, parseSchemaId } from '../../../issuance/inputs/inputs';
import { idempotencyOf, type Idempotency } from '../../../issuance/issue/idempotency';
import { schemaFromJsonSchema } from '../../../issuance/subject/schema/readSchema';
import type { CredentialSubject } from '../../../issuance/subject/subject';
import { namesIn } from '../../../n8n/issuing/automatic';
import { idempotencyModes } from '../../../n8n/issuing/idempotencyMode';
import { issueOptions } from '../../../n8n/issuing/issueOptions';
import { ownRecipients } from '../../../n8n/issuing/ownRecipients';
import { recipients } from '../../../n8n/issuing/recipients';
import { subjects } from '../../../n8n/issuing/subjects';
import { callOptionsReader, type CallOptionValues } from '../../../n8n/parameters/callOptions';
import { credentialSettings, type RunSettings } from '../../../n8n/parameters/credentialSettings';
import { parameter, type Parameter } from '../../../n8n/parameters/parameter';
import { properties } from './properties';

/** An item, read and checked: what is issued, and how. */
export interface ReadDirectItem {
	readonly options: CallOptionValues;
	readonly settings: RunSettings;
	readonly issuer: DirectIssuer;
	readonly request: DirectIssueRequest;
	readonly idempotency: Idempotency;
}

export interface DirectReader {
	(itemIndex: number): Promise<ReadDirectItem>;
	readonly options: Parameter<CallOptionValues>;
	/** The credential's settings for an item. */
	readonly settings: (itemIndex: number) => Promise<RunSettings>;
}

const readOptions = callOptionsReader(properties);

const chosen = <const Values extends readonly [string, ...string[]]>(
	label: string,
	values: Values,
) => {
	const schema = z.enum(values);
	return (value: unknown) => {
		const parsed = schema.safeParse(value);
		if (parsed.success) return parsed.data;
		throw new AirError('AIR_SETTING_INVALID', { detail: `${label} is not one of its choices` });
	};
};

/** @throws AirError `AIR_DIRECT_EXPIRY_INVALID` */
function expiries(context: IExecuteFunctions): Parameter<number> {
	const how = parameter(context, 'expires', chosen('Expires', ['days', 'date']), {
		fallback: 'days',
	});
	const days = parameter(context, 'expiresAfterDays', (value) => value, { fallback: 365 });
	const zone = context.getTimezone();
	const inZone = (text: string, end: boolean): number => {
		try {
			const read = tryToParseDateTime(text, zone);
			return (end ? read.endOf('day') : read).toMillis();
		} catch {
			// n8n's own message shows the value.
			return Number.NaN;
		}
	};
	const date = parameter(context, 'expiresAt', (value) => expiryAt(value, inZone), {
		fallback: '',
	});
	return (itemIndex) =>
		how(itemIndex) === 'days' ? expiryAfter(days(itemIndex), Date.now()) : date(itemIndex);
}

/** @throws AirError `AIR_DIRECT_DISCLOSURE_INVALID` */
function disclosures(context: IExecuteFunctions): Parameter<Disclosable> {
	const how = parameter(context, 'disclosure', chosen('Disclosure', ['all', 'chosen', 'none']), {
		fallback: 'all',
	});
	const names = parameter(context, 'disclosable', namesIn, { fallback: '' });
	return (itemIndex) => {
		const mode = how(itemIndex);
		if (mode !== 'chosen') return mode;
		const named = names(itemIndex);
		if (named.length > 0) return named;
		throw new AirError('AIR_DIRECT_DISCLOSURE_INVALID', { detail: 'it is empty' });
	};
}

/** The claims; nobody checks them later. */
function claims(context: IExecuteFunctions): Parameter<CredentialSubject> {
	const subject = subjects(context);
	const isEmpty = (value: unknown) =>
		value == null || (typeof value === 'string' && /^\s*(\{\s*\})?\s*$/.test(value));
	const schema = parameter(
		context,
		'options.claimsSchema',
		(value) => (isEmpty(value) ? undefined : schemaFromJsonSchema(value)),
		{ fallback: '' },
	);
	return (itemIndex) => {
		const given = subject(itemIndex);
		const misfit = schema(itemIndex)?.validator?.(given);
		if (misfit === undefined) return given;
		throw new AirError('AIR_SUBJECT_INVALID', {
			detail: misfit,
			note: 'It does not fit the option JSON Schema of the Claims.',
		});
	};
}

/**
 * Makes a reader that checks an item before anything is sent; create it once per run.
 *
 * @throws AirError of kind `input`, and what n8n throws for a broken expression
 */
export function directReader(context: IExecuteFunctions): DirectReader {
	const settingsFor = credentialSettings(context);
	const options = issueOptions(context, readOptions);
	const recipient = recipients(context);
	const vct = parameter(context, 'credentialType', parseCredentialType, { fallback: '' });
	const schemaId = parameter(context, 'schemaId', parseSchemaId, { fallback: '' });
	const expiry = expiries(context);
	const subject = claims(context);
	const disclosable = disclosures(context);
	const ifHeldOf = chosen('If the Person Has One', ['keep', 'reissue', 'another']);
	const ifHeld = parameter(context, 'ifHeld', ifHeldOf, { fallback: 'keep' });
	const unbound = parameter(context, 'options.unbound', (value) => value === true, {
		fallback: false,
	});
	const revokeFirst = parameter(context, 'options.revokeFirst', (value) => value === true, {
		fallback: false,
	});
	const revocableOf = chosen('Revocable', ['', 'list', 'number', 'off']);
	const revocable = parameter(context, 'options.revocable', revocableOf, { fallback: '' });
	const modeOf = idempotencyModes(context);
	const assertOwnRecipient = ownRecipients(context);
	const settings = async () => await settingsFor(undefined);
	const read = async (itemIndex: number): Promise<ReadDirectItem> => {
		const given = options(itemIndex);
		const own = await settings();
		const issuer = issuerOf(own);
		assertOwnRecipient(itemIndex, given);
		const request: DirectIssueRequest = {
			recipient: recipient(itemIndex),
			vct: vct(itemIndex),
			schemaId: schemaId(itemIndex),
			credentialSubject: subject(itemIndex),
			disclosable: disclosable(itemIndex),
			expiresAt: expiry(itemIndex),
			ifHeld: ifHeld(itemIndex),
			unboundAllowed: unbound(itemIndex),
			revokeFirst: revokeFirst(itemIndex),
			revocable: revocable(itemIndex) || undefined,
		};
		const mode = modeOf(itemIndex, given.rememberHours);
		const compared = { ...request, issuerDid: issuer.issuer.did };
		const { key } = own.identity;
		return {
			options: given,
			settings: own,
			issuer,
			request,
			idempotency: idempotencyOf(key, compared, mode, given.ignoreWhenComparing),
		};
	};
	return Object.assign(read, { options, settings });
}
