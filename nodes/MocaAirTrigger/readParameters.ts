import type { IPollFunctions } from 'n8n-workflow';
import { z } from 'zod';
import { AirError } from '../../errors/AirError';
import type { WatchSettings } from '../../issuance/watch/pollEvents';
import { readPairs } from '../../issuance/watch/readPairs';
import type { CursorStart } from '../../ledger/Ledger';
import type { EventType } from '../../ledger/Ledger';

/** What a choice of the user means in the ledger. What is given up must not end silently. */
const TYPES = {
	confirmed: ['confirmed'],
	delayed: ['delayed', 'abandoned'],
	notUsable: ['unusable'],
	statusChanged: ['status'],
} as const satisfies Record<string, readonly EventType[]>;

const filter = z
	.string()
	.trim()
	.transform((text) => (text === '' ? undefined : text))
	.optional();

const schema = z.object({
	watch: z.enum(['instance', 'everywhere', 'specific']),
	events: z.array(z.enum(['confirmed', 'delayed', 'notUsable', 'statusChanged'])).min(1),
	delayMinutes: z.coerce.number().int().min(1).max(10_080),
	start: z.enum(['now', 'beginning']),
	issuances: z.looseObject({ issuance: z.array(z.looseObject({})).default([]) }),
	filters: z.looseObject({
		program: filter,
		referencePrefix: z
			.string()
			.transform((text) => (text === '' ? undefined : text))
			.optional(),
		workflowId: filter,
	}),
	options: z.looseObject({
		maxEvents: z.coerce.number().int().min(1).max(1000).default(200),
		maxCalls: z.coerce.number().int().min(1).max(1000).default(100),
		requestTimeout: z.coerce.number().min(1).max(300).default(10),
		jwtLifetime: z.coerce.number().min(1).max(15).optional(),
	}),
});

const LABELS: Readonly<Record<string, string>> = {
	watch: 'Watch is not one of its choices',
	events: 'Events must name at least one event',
	delayMinutes: 'Delayed After must be 1 to 10080 whole minutes',
	start: 'Start is not one of its choices',
	issuances: 'Issuances is not as expected',
	filters: 'Filters must be text',
	maxEvents: 'Events per Poll must be 1 to 1000',
	maxCalls: 'Status Calls per Poll must be 1 to 1000',
	requestTimeout: 'Request Timeout must be 1 to 300 seconds',
	jwtLifetime: 'Token Lifetime must be 1 to 15 minutes',
};

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
		start: context.getNodeParameter('start', 'now'),
		issuances: context.getNodeParameter('issuances', {}),
		filters: context.getNodeParameter('filters', {}),
		options: context.getNodeParameter('options', {}),
	});
	if (!parsed.success) {
		const path = parsed.error.issues[0]?.path.map(String) ?? [];
		const detail = LABELS[path.at(-1) ?? ''] ?? LABELS[path[0] ?? ''];
		throw new AirError('AIR_SETTING_INVALID', { detail: detail ?? 'a parameter of the trigger' });
	}
	const { watch, events, delayMinutes, start, issuances, filters, options } = parsed.data;
	const specific = watch === 'specific';
	return {
		watch: specific ? readPairs(issuances.issuance) : watch,
		start,
		filter: {
			types: [...new Set(events.flatMap((event) => TYPES[event]))],
			delayMinutes,
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
