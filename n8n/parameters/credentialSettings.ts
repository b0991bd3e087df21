import type { IExecuteFunctions } from 'n8n-workflow';
import { AirClient } from '../../air/AirClient';
import { readSettings, type AirSettings } from '../../issuance/settings/settings';

/** A credential, and its one client for AIR. */
export interface RunSettings extends AirSettings {
	readonly client: AirClient;
}

/**
 * Reads the node's credential, once for all items with the same token lifetime.
 *
 * @returns a function that gives the settings; it throws what `readSettings` throws for each item, so
 * that Continue On Fail reports a broken credential like any other failure
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
