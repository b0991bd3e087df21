import type { IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod';
import { AirError } from '../../air/AirError';
import type { IdempotencyMode } from '../../issuance/idempotency';
import { firstExecution, isTool, originOf } from '../shared/execution';
import { runIndex } from './runIndex';

const modes = z.enum(['content', 'event', 'execution', 'off']);

/**
 * Reads what makes an item a repeat.
 *
 * @throws AirError `AIR_SETTING_INVALID`
 */
export function readIdempotencyMode(
	context: IExecuteFunctions,
	itemIndex: number,
	rememberHours: number,
): IdempotencyMode {
	const parsed = modes.safeParse(context.getNodeParameter('idempotency', itemIndex, 'content'));
	if (!parsed.success) {
		throw new AirError('AIR_SETTING_INVALID', {
			detail: 'Idempotency must be content, event, execution or off',
		});
	}
	switch (parsed.data) {
		case 'event':
			return { mode: 'event', eventId: context.getNodeParameter('eventId', itemIndex, '') };
		case 'off':
			return { mode: 'off' };
		case 'content':
			return { mode: 'content', rememberHours };
		case 'execution': {
			const { instance, workflowId, executionId, nodeId } = originOf(context);
			// Without an execution ID there is nothing that a retry could be known by.
			if (isTool(context) || executionId === '') return { mode: 'content', rememberHours };
			const first = firstExecution(context);
			return {
				mode: 'execution',
				position: [instance, workflowId, nodeId, first, runIndex(context), itemIndex],
			};
		}
	}
}
