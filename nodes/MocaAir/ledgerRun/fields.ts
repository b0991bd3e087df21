import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { z } from 'zod';
import { AirError } from '../../../errors/AirError';
import { fullRow, simpleRow } from '../../../issuance/ledger/rowFields';
import { isDay, toIso } from '../../../issuance/subject/values/dates';
import type { LedgerRow } from '../../../ledger/Ledger';
import { labelsOf, settingInvalid } from '../../../n8n/parameters/settingInvalid';
import { rawParameter } from '../../../n8n/parameters/parameter';

/** A row as an item, simplified or complete. */
export const rowItem = (row: LedgerRow, simple: boolean) => ({
	json: simple ? simpleRow(row) : fullRow(row),
});

/** Empty text counts as missing: an expression may have given nothing. */
export const optionalText = () =>
	z
		.union([z.string(), z.number()], 'must be text')
		.nullish()
		.transform((given) => {
			const text = String(given ?? '').trim();
			return text === '' ? undefined : text;
		});

/** The ID of a row; also as text, from expressions and forms. */
export const rowId = () => {
	const words = 'must be the whole number that the error, the trigger or Get Many names';
	return z.coerce.number(words).int(words).min(1, words).max(Number.MAX_SAFE_INTEGER, words);
};

/**
 * Reads parameters for an item; errors use the labels of the panel. An agent's tool may not read the
 * incoming item.
 *
 * @throws AirError `AIR_SETTING_INVALID`, `AIR_TOOL_READS_ITEM`
 */
export function readFields<Shape extends z.ZodRawShape>(
	context: IExecuteFunctions,
	properties: readonly INodeProperties[],
	shape: Shape,
	itemIndex: number,
): z.infer<z.ZodObject<Shape>> {
	const given = Object.fromEntries(
		Object.keys(shape).map((name) => {
			rawParameter(context, name, itemIndex);
			const value: unknown = context.getNodeParameter(name, itemIndex, null);
			return [name, value ?? undefined];
		}),
	);
	const parsed = z.object(shape).safeParse(given);
	if (!parsed.success) throw settingInvalid(labelsOf(properties), parsed.error);
	return parsed.data;
}

/** How far a zone is ahead of UTC at a given time, in milliseconds. */
function aheadOfUtc(at: number, timeZone: string): number {
	const parts = new Intl.DateTimeFormat('en', {
		timeZone,
		hourCycle: 'h23',
		year: 'numeric',
		month: 'numeric',
		day: 'numeric',
		hour: 'numeric',
		minute: 'numeric',
		second: 'numeric',
	}).formatToParts(at);
	const part = (type: string) => Number(parts.find((one) => one.type === type)?.value);
	const [year, month, day] = [part('year'), part('month'), part('day')];
	return Date.UTC(year, month - 1, day, part('hour'), part('minute'), part('second')) - at;
}

const HAS_ZONE = /(?:Z|[+-]\d{2}:?\d{2})$/i;
const LOCAL = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?$/;

/**
 * Reads a time from n8n: a JavaScript or Luxon date, or text. Text without a zone, such as from n8n's
 * date picker, is in the time zone of the workflow.
 *
 * @param label - of the field, for the error
 * @returns milliseconds since 1970; undefined for nothing
 * @throws AirError `AIR_SETTING_INVALID`
 */
export function readMoment(value: unknown, label: string, timeZone: string): number | undefined {
	if (value === undefined || value === null || value === '') return undefined;
	const trimmed = (typeof value === 'string' ? value : (toIso(value) ?? '')).trim();
	const isLocal = LOCAL.test(trimmed);
	const zoned = isLocal
		? `${trimmed.replace(' ', 'T')}${trimmed.length === 10 ? 'T00:00:00Z' : 'Z'}`
		: trimmed;
	// JavaScript turns 30 February into 2 March.
	const isTime = (isLocal || HAS_ZONE.test(trimmed)) && isDay(trimmed.slice(0, 10));
	const at = isTime ? Date.parse(zoned) : Number.NaN;
	if (Number.isNaN(at)) {
		throw new AirError('AIR_SETTING_INVALID', {
			detail: `${label} must be a date and time such as 2026-11-29T14:00:00`,
		});
	}
	if (!isLocal) return at;
	// Computed twice: near a change of the clocks the first result is off by an hour.
	const guess = at - aheadOfUtc(at, timeZone);
	return at - aheadOfUtc(guess, timeZone);
}
