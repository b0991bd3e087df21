import type { IPollFunctions } from 'n8n-workflow';
import { z } from 'zod';
import type { WatchSettings } from '../../issuance/watch/pollEvents';
import { readPairs } from '../../issuance/watch/readPairs';
import type { CursorStart } from '../../ledger/Ledger';
import type { EventType } from '../../ledger/Ledger';
import {
	filtersOf,
	labelsOf,
	numberFrom,
	plainText,
	settingInvalid,
	wholeNumberFrom,
} from '../../n8n/parameters/settingInvalid';
import { properties } from './properties';

/** The meaning of a user's choice in the ledger. Abandoned issuances must not end silently. */
const TYPES = {
	confirmed: ['confirmed'],
	delayed: ['delayed', 'abandoned'],
	expired: ['expired'],
	expiringSoon: ['expiring'],
	notUsable: ['unusable'],
	outcomeUnknown: ['unknown'],
	statusChanged: ['status'],
	stored: ['stored'],
} as const satisfies Record<string, readonly EventType[]>;

const MINUTES = { minutes: 1, hours: 60, days: 1440 } as const;

const EVENTS = 'must name at least one event';
const OTHERWISE = 'are not as expected';

const filter = plainText()
	.trim()
	.transform((given) => (given === '' ? undefined : given))
	.optional();

const schema = z.object({
	watch: z.enum(['instance', 'everywhere', 'specific'], 'is not one of its choices'),
	events: z
		.array(z.enum(Object.keys(TYPES) as (keyof typeof TYPES)[], EVENTS), EVENTS)
		.min(1, EVENTS),
	delayMinutes: wholeNumberFrom(1, 10_080, 'minutes'),
	expiringBefore: wholeNumberFrom(1, 525_600),
	expiringUnit: z.enum(['minutes', 'hours', 'days'], 'is not one of its choices'),
	start: z.enum(['now', 'beginning'], 'is not one of its choices'),
	issuances: z.looseObject(
		{ issuance: z.array(z.looseObject({}, OTHERWISE), OTHERWISE).default([]) },
		OTHERWISE,
	),
	filters: filtersOf(
		z.looseObject(
			{
				program: filter,
				referencePrefix: plainText()
					.transform((given) => (given === '' ? undefined : given))
					.optional(),
				workflowId: filter,
			},
			OTHERWISE,
		),
	),
	options: z.looseObject(
		{
			maxEvents: wholeNumberFrom(1, 5000).default(1000),
			maxCalls: wholeNumberFrom(1, 5000).default(2000),
			requestTimeout: numberFrom(1, 300, 'seconds').default(10),
			jwtLifetime: numberFrom(1, 15, 'minutes').optional(),
		},
		OTHERWISE,
	),
});

const LABELS = labelsOf(properties);

export interface TriggerParameters extends Omit<WatchSettings, 'withinMs'> {
	readonly start: CursorStart;
	readonly lifetimeMinutes: number | undefined;
}

/** @throws AirError `AIR_SETTING_INVALID`, `AIR_HASH_INVALID`, `AIR_RECIPIENT_INVALID` */
export function readParameters(context: IPollFunctions): TriggerParameters {
	const parsed = schema.safeParse({
		watch: context.getNodeParameter('watch', 'instance'),
		events: context.getNodeParameter('events', ['confirmed']),
		delayMinutes: context.getNodeParameter('delayMinutes', 5),
		expiringBefore: context.getNodeParameter('expiringBefore', 14),
		expiringUnit: context.getNodeParameter('expiringUnit', 'days'),
		start: context.getNodeParameter('start', 'now'),
		issuances: context.getNodeParameter('issuances', {}),
		filters: context.getNodeParameter('filters', {}),
		options: context.getNodeParameter('options', {}),
	});
	if (!parsed.success) throw settingInvalid(LABELS, parsed.error);
	const { watch, events, delayMinutes, start, issuances, filters, options } = parsed.data;
	const { expiringBefore, expiringUnit } = parsed.data;
	const specific = watch === 'specific';
	return {
		watch: specific ? readPairs(issuances.issuance) : watch,
		start,
		filter: {
			types: [...new Set(events.flatMap((event) => TYPES[event]))],
			delayMinutes,
			expiringMinutes: expiringBefore * MINUTES[expiringUnit],
			program: specific ? undefined : filters.program,
			referencePrefix: specific ? undefined : filters.referencePrefix,
			workflowId: specific ? undefined : filters.workflowId,
		},
		maxCalls: options.maxCalls,
		maxEvents: options.maxEvents,
		requestTimeoutMs: options.requestTimeout * 1000,
		lifetimeMinutes: options.jwtLifetime,
	};
}
