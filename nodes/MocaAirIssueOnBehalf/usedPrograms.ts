import type {
	ILoadOptionsFunctions,
	INodeListSearchItems,
	INodeListSearchResult,
} from 'n8n-workflow';
import { AirClient } from '../../air/AirClient';
import { AirError } from '../../errors/AirError';
import { Acceptance } from '../../issuance/session/Acceptance';
import { asAirError } from '../../issuance/session/asAirError';
import { openLedger } from '../../issuance/session/openLedger';
import { proveKey, type Prove } from '../../issuance/session/proveKey';
import { realmOf } from '../../issuance/session/realm';
import { readSettings } from '../../issuance/settings/settings';
import type { ProgramUse } from '../../ledger/Ledger';

/** Short, because a person waits for the list. */
const PATIENCE_MS = 5_000;

/** Shows in place of the entries why there is no list, because the editor shows no error text there. */
const sorry = (words: string): INodeListSearchResult => ({
	results: [{ name: `${words}. Choose By ID.`, value: '' }],
});

const entryOf = ({ program, count, lastAt }: ProgramUse): INodeListSearchItems => ({
	name: `${program} (${count} issued, last ${new Date(lastAt).toISOString().slice(0, 10)})`,
	value: program,
});

async function listed(context: ILoadOptionsFunctions): Promise<readonly ProgramUse[] | string> {
	const settings = await readSettings(await context.getCredentials('mocaAirApi'));
	const opened = await openLedger(settings.ledger);
	if (opened === undefined) {
		return 'Issuance Ledger is off in the credential, so nothing is known of earlier programs';
	}
	const realm = realmOf(settings);
	// The ledger is shown only to a key that AIR has accepted.
	const client = new AirClient(settings.identity);
	const prove: Prove = async (proof) => {
		await proveKey(client, proof);
	};
	if (!(await new Acceptance(opened.ledger, client, prove, () => undefined).holds())) {
		return 'AIR has not accepted the key of this credential yet';
	}
	const used = await opened.ledger.programs(realm);
	return used.length === 0 ? 'Nothing was issued yet' : used;
}

/** For *From List*: the programs that the ledger of the credential has issued from, the latest first. */
export async function usedPrograms(
	this: ILoadOptionsFunctions,
	filter?: string,
): Promise<INodeListSearchResult> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<string>((resolve) => {
		timer = setTimeout(resolve, PATIENCE_MS, 'The ledger did not answer within 5 seconds');
	});
	try {
		const found = await Promise.race([listed(this), late]);
		if (typeof found === 'string') return sorry(found);
		const results = found.map(entryOf);
		const wanted = filter?.trim().toLowerCase() ?? '';
		return { results: results.filter(({ name }) => name.toLowerCase().includes(wanted)) };
	} catch (error) {
		const known = asAirError(error);
		return sorry(known instanceof AirError ? known.message : 'The ledger cannot be read');
	} finally {
		clearTimeout(timer);
	}
}
