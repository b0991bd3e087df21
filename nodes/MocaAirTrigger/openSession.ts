import type { IPollFunctions } from 'n8n-workflow';
import { AirClient } from '../../air/AirClient';
import { AirError } from '../../errors/AirError';
import { proofFor } from '../../issuance/direct/issuer';
import { asAirError } from '../../issuance/session/asAirError';
import { LedgerSession } from '../../issuance/session/LedgerSession';
import { openLedger } from '../../issuance/session/openLedger';
import { readSettings } from '../../issuance/settings/settings';

/**
 * The ledger of the trigger's credential.
 *
 * @throws AirError `AIR_TRIGGER_NEEDS_LEDGER`, `AIR_LEDGER_…`, and errors of the credential
 */
export async function openSession(
	context: IPollFunctions,
	lifetimeMinutes: number | undefined,
): Promise<LedgerSession> {
	const data = await context.getCredentials('mocaAirApi');
	const settings = await readSettings(data, { lifetimeMinutes });
	try {
		const opened = await openLedger(settings.ledger);
		if (opened === undefined) throw new AirError('AIR_TRIGGER_NEEDS_LEDGER');
		const client = new AirClient(settings.identity);
		return new LedgerSession({
			ledger: opened.ledger,
			client,
			prove: proofFor(settings, client),
			origin: {
				instance: typeof context.getInstanceId === 'function' ? context.getInstanceId() : '',
				workflowId: context.getWorkflow().id ?? '',
				executionId: '',
				nodeId: context.getNode().id,
			},
			// A poll issues nothing, so it never finds issuances of its own.
			ownExecutions: { ids: [], began: undefined },
			retentionDays: settings.retentionDays,
			log: (line) => {
				context.logger.warn(`${context.getNode().name}: ${line}`);
			},
		});
	} catch (error) {
		throw asAirError(error);
	}
}
