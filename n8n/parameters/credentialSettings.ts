import type { IExecuteFunctions } from 'n8n-workflow';
import { AirClient } from '../../air/AirClient';
import { readSettings, type AirSettings } from '../../issuance/settings/settings';

/** A credential, and the one client that calls AIR with it. */
export interface RunSettings extends AirSettings {
	readonly client: AirClient;
}

/**
 * Reads the credential of the node, once for all items that share a token lifetime.
 *
 * @returns a function that gives the settings; it throws what `readSettings` throws, item by item,
 *   so that Continue On Fail reports a broken credential like any other failure
 */
export function credentialSettings(
	context: IExecuteFunctions,
): (lifetimeMinutes: number | undefined) => Promise<RunSettings> {
	const read = new Map<number | undefined, Promise<RunSettings>>();
	return async (lifetimeMinutes) => {
		const kept = read.get(lifetimeMinutes);
		if (kept !== undefined) return await kept;
		const reading = context.getCredentials('mocaAirApi').then(async (data) => {
			const settings = await readSettings(data, { lifetimeMinutes });
			return { ...settings, client: new AirClient(settings.identity) };
		});
		read.set(lifetimeMinutes, reading);
		return await reading;
	};
}
