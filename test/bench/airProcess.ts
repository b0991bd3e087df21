import { startEmulator, type PartnerInput } from '../../emulator';

/** The emulator for a benchmark: lives as long as who started it. */
async function main(): Promise<void> {
	const partner = JSON.parse(process.argv[2] ?? '{}') as PartnerInput;
	const { baseUrl, controlUrl } = await startEmulator({
		partners: [partner],
		jwksCacheSeconds: 3600,
		recordBodies: false,
	});
	process.once('disconnect', () => process.exit());
	process.send?.({ baseUrl, controlUrl });
}

void main();
