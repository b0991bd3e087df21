import { startEmulator, type PartnerInput } from '../../emulator';

/** The emulator for a benchmark; lives as long as the process that started it. */
async function main(): Promise<void> {
	const partner = JSON.parse(process.argv[2] ?? '{}') as PartnerInput;
	const { baseUrl, accountUrl, controlUrl } = await startEmulator({
		partners: [partner],
		jwksCacheSeconds: 3600,
		recordBodies: false,
		direct: { openAtOnce: false },
	});
	process.once('disconnect', () => process.exit());
	process.send?.({ baseUrl, accountUrl, controlUrl });
}

void main();
