import type { IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod';
import { AirError } from '../../errors/AirError';
import type { IdempotencyMode } from '../../issuance/issue/idempotency';
import { executionMark, isTool, originOf } from '../run/execution';
import { parameter } from '../parameters/parameter';
import { runIndex } from './runIndex';
import { wholeText } from './wholeText';

const modes = z.enum(['content', 'event', 'execution', 'off']);

function parseMode(value: unknown): z.infer<typeof modes> {
	const parsed = modes.safeParse(value);
	if (parsed.success) return parsed.data;
	throw new AirError('AIR_SETTING_INVALID', {
		detail: 'Repeats must be content, event, execution or off',
	});
}

/** The position of this run, without the item; undefined if a retry could not be recognized. */
function positionOf(context: IExecuteFunctions): readonly (string | number)[] | undefined {
	const { instance, workflowId, executionId, nodeId } = originOf(context);
	if (isTool(context) || executionId === '') return undefined;
	return [instance, workflowId, nodeId, executionMark(context), runIndex(context)];
}

/**
 * Reads what makes an item a repeat; create it once per run.
 *
 * @throws AirError `AIR_SETTING_INVALID`
 */
export function idempotencyModes(
	context: IExecuteFunctions,
): (itemIndex: number, rememberHours: number) => IdempotencyMode {
	const chosen = parameter(context, 'idempotency', parseMode, { fallback: 'content' });
	const eventId = wholeText<unknown>(
		context,
		'eventId',
		(value) => value,
		(detail) => new AirError('AIR_EVENT_ID_INVALID', { detail }),
	);
	let position: readonly (string | number)[] | undefined;
	return (itemIndex, rememberHours) => {
		const mode = chosen(itemIndex);
		switch (mode) {
			case 'event':
				return { mode, eventId: eventId(itemIndex) };
			case 'off':
				return { mode };
			case 'content':
				return { mode, rememberHours };
			case 'execution':
				position ??= positionOf(context);
				if (position === undefined) return { mode: 'content', rememberHours };
				return { mode, position: [...position, itemIndex] };
		}
	};
}
