import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { z } from 'zod';
import { pages, type RowFilter } from '../../../issuance/ledger/pages';
import { keyOfEvent } from '../../../issuance/ledger/rowFields';
import { AirError } from '../../../errors/AirError';
import { asAirError } from '../../../issuance/session/asAirError';
import type { LedgerSession } from '../../../issuance/session/LedgerSession';
import { ROW_OUTCOMES, ROW_STATES } from '../../../ledger/Ledger';
import { filtersOf, trueOrFalse, wholeNumberFrom } from '../../../n8n/parameters/settingInvalid';
import type { Operation } from '../Operation';
import { optionalText, readFields, readMoment, rowItem } from '../ledgerRun/fields';
import { simplify } from '../../../n8n/parameters/simplify';
import { ledgerItems, type Output } from '../ledgerRun/ledgerItems';
import { outcomeOptions, stateOptions } from './options';

const properties: INodeProperties[] = [
	{
		displayName: 'Return All',
		name: 'returnAll',
		type: 'boolean',
		default: false,
		description: 'Whether to return all results or only up to a given limit',
	},
	{
		displayName: 'Limit',
		name: 'limit',
		type: 'number',
		typeOptions: { minValue: 1 },
		default: 50,
		displayOptions: { show: { returnAll: [false] } },
		description: 'Max number of results to return',
	},
	{
		displayName: 'Sort',
		name: 'sort',
		type: 'options',
		options: [
			{ name: 'Newest First', value: 'newest' },
			{ name: 'Oldest First', value: 'oldest' },
		],
		default: 'newest',
		description: 'The order of the rows, by when they were begun',
	},
	{
		displayName: 'Filters',
		name: 'filters',
		type: 'collection',
		placeholder: 'Add Filter',
		default: {},
		description: 'A row must match all of them',
		options: [
			{
				displayName: 'Begun After',
				name: 'begunAfter',
				type: 'dateTime',
				default: '',
				description: 'Only what was begun at this time or later',
			},
			{
				displayName: 'Begun Before',
				name: 'begunBefore',
				type: 'dateTime',
				default: '',
				description: 'Only what was begun before this time',
			},
			{
				displayName: 'Event ID',
				name: 'eventId',
				type: 'string',
				default: '',
				placeholder: 'e.g. evt_1PqXyz',
				description: 'Only what this event ID asked for',
			},
			{
				displayName: 'Exact Spelling',
				name: 'exactSpelling',
				type: 'boolean',
				default: false,
				description:
					'Whether upper and lower case of Recipient Email count: to AIR, another spelling may be another person',
			},
			{
				displayName: 'Execution ID',
				name: 'executionId',
				type: 'string',
				default: '',
				placeholder: 'e.g. 381',
				description:
					'Only what this execution asked for last; the ID is in the address of its page',
			},
			{
				displayName: 'External ID',
				name: 'externalId',
				type: 'string',
				default: '',
				placeholder: 'e.g. urn:uuid:6c0f…',
				description: 'Only the credential with this ID; for what was issued directly',
			},
			{
				displayName: 'Issuance Program',
				name: 'program',
				type: 'string',
				default: '',
				placeholder: 'e.g. c21s70g0i54sn0023172Cv',
				description: 'Only this program ID; for what was issued directly, this type (vct)',
			},
			{
				displayName: 'Outcome',
				name: 'outcomes',
				type: 'multiOptions',
				options: outcomeOptions,
				default: [],
				description: 'Only rows with one of these outcomes; any if none is chosen',
			},
			{
				displayName: 'Recipient Email',
				name: 'recipient',
				type: 'string',
				default: '',
				placeholder: 'e.g. ada@example.com',
				description: 'Only what was issued to this address, in any spelling of it',
			},
			{
				displayName: 'Reference',
				name: 'reference',
				type: 'string',
				default: '',
				placeholder: 'e.g. order-7',
				description: 'Only with this reference; capitals count',
			},
			{
				displayName: 'State',
				name: 'states',
				type: 'multiOptions',
				options: stateOptions,
				default: [],
				description: 'Only rows in one of these states; any if none is chosen',
			},
			{
				displayName: 'Way of Issuing',
				name: 'way',
				type: 'options',
				options: [
					{ name: 'Direct', value: 'direct', description: 'Signed by you, stored at AIR' },
					{ name: 'On Behalf', value: 'on-behalf', description: 'Issued by AIR in your name' },
				],
				default: 'on-behalf',
				description: 'Only what was issued in this way',
			},
		],
	},
	simplify,
];

const oneOf = <const Words extends readonly string[]>(words: Words) => {
	const refused = `must be a list of these: ${words.join(', ')}`;
	return z.array(z.enum(words, refused), refused).default([]);
};

const shape = {
	returnAll: trueOrFalse().default(false),
	limit: wholeNumberFrom(1, 1_000_000_000).default(50),
	simplify: trueOrFalse().default(true),
	sort: z.enum(['newest', 'oldest'], 'is not one of its choices').default('newest'),
	filters: filtersOf(
		z.looseObject(
			{
				begunAfter: z.unknown().optional(),
				begunBefore: z.unknown().optional(),
				eventId: optionalText(),
				exactSpelling: trueOrFalse().default(false),
				executionId: optionalText(),
				externalId: optionalText(),
				outcomes: oneOf(ROW_OUTCOMES),
				program: optionalText(),
				recipient: optionalText(),
				reference: optionalText(),
				way: z.enum(['direct', 'on-behalf'], 'is not one of its choices').optional(),
				states: oneOf(ROW_STATES),
			},
			'are not as expected',
		),
	),
};

type Filters = z.infer<typeof shape.filters>;

function filterOf(filters: Filters, realm: string, timeZone: string): RowFilter {
	const { eventId, exactSpelling, executionId, externalId, outcomes } = filters;
	const { program, recipient, reference, states } = filters;
	const createdFrom = readMoment(filters.begunAfter, 'Begun After', timeZone);
	const createdBefore = readMoment(filters.begunBefore, 'Begun Before', timeZone);
	if (createdFrom !== undefined && createdBefore !== undefined && createdFrom >= createdBefore) {
		throw new AirError('AIR_SETTING_INVALID', {
			detail: 'Begun After must be earlier than Begun Before',
		});
	}
	return {
		realm,
		states: states.length === 0 ? undefined : states,
		...(exactSpelling ? { recipient } : { recipientInAnySpelling: recipient }),
		program,
		way: filters.way,
		outcomes: outcomes.length === 0 ? undefined : outcomes,
		reference,
		executionId,
		externalId,
		idempotencyKey: eventId === undefined ? undefined : keyOfEvent(eventId),
		createdFrom,
		createdBefore,
	};
}

async function rows(
	context: IExecuteFunctions,
	{ ledger, realm }: LedgerSession,
	itemIndex: number,
	{ give, goOn }: Output,
): Promise<void> {
	const asked = readFields(context, properties, shape, itemIndex);
	const filter = filterOf(asked.filters, realm, context.getTimezone());
	const limit = asked.returnAll ? undefined : asked.limit;
	try {
		for await (const page of pages(ledger, { ...filter, sort: asked.sort, limit })) {
			goOn();
			for (const row of page) give(rowItem(row, asked.simplify));
		}
	} catch (error) {
		throw asAirError(error);
	}
}

/** The rows of the ledger that fit. */
export const getManyRows: Operation = {
	option: {
		name: 'Get Many',
		value: 'getMany',
		description: 'See what was issued, to whom, and what is stuck',
		action: 'Get many issuances',
	},
	properties,
	run: async (context) =>
		await ledgerItems(context, {
			item: async (session, itemIndex, out) => {
				await rows(context, session, itemIndex, out);
			},
		}),
};
