import type { IExecuteFunctions } from 'n8n-workflow';
import { readSettings, type AirSettings } from '../../issuance/settings/settings';

/**
 * Reads the credential of the node, once for all items that share a token lifetime.
 *
 * @returns a function that gives the settings; it throws what `readSettings` throws, item by item,
 *   so that Continue On Fail reports a broken credential like any other failure
 */
export function credentialSettings(
	context: IExecuteFunctions,
): (lifetimeMinutes: number | undefined) => Promise<AirSettings> {
	const read = new Map<number | undefined, Promise<AirSettings>>();
	return async (lifetimeMinutes) => {
		const kept = read.get(lifetimeMinutes);
		if (kept !== undefined) return await kept;
		const reading = context
			.getCredentials('mocaAirApi')
			.then(async (data) => await readSettings(data, { lifetimeMinutes }));
		read.set(lifetimeMinutes, reading);
		return await reading;
	};
}
