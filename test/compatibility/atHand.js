const { realpathSync } = require('node:fs');
const { sep } = require('node:path');

/** A mapping in jest.config.js that misses would test what is in the checkout, and nobody would see. */
const expected = [
	['MOCA_AIR_COMPATIBILITY_ENGINE', ['n8n-core', 'n8n-workflow', '@n8n/di', '@n8n/backend-common']],
	[
		'MOCA_AIR_COMPATIBILITY_PACKAGE',
		[
			'../../air/http/dispatchers',
			'../../credentials/MocaAirApi.credentials',
			'../../errors/AirError',
			'../../issuance/session/openLedger',
			'../../ledger/Ledger',
			'../../n8n/run/RunLedger',
			'../../nodes/MocaAirTrigger/MocaAirTrigger.node',
		],
	],
];

beforeAll(() => {
	const node = realpathSync(process.env.MOCA_AIR_COMPATIBILITY_NODE);
	const { execPath } = process;
	if (realpathSync(execPath) !== node) throw new Error(`this Node is ${execPath}, and not ${node}`);
	for (const [variable, names] of expected) {
		const folder = realpathSync(process.env[variable]) + sep;
		for (const name of names) {
			const file = require.resolve(name);
			if (!file.startsWith(folder)) throw new Error(`${name} is ${file}, and not in ${folder}`);
		}
	}
});
