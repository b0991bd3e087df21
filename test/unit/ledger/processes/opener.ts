import { LedgerError } from '../../../../ledger/LedgerError';
import { openSqliteLedger } from '../../../../ledger/sqlite/openSqliteLedger';

/** The user that owns nothing. */
const NOBODY = 65534;

/** Opens the ledger that the command line names as somebody for whom permissions count. */
async function main(file: string): Promise<void> {
	if (process.getuid?.() === 0) {
		process.setgid?.(NOBODY);
		process.setuid?.(NOBODY);
	}
	try {
		await (await openSqliteLedger({ file })).ledger.close();
		process.stdout.write(JSON.stringify({ code: '', detail: 'it was opened' }));
	} catch (error) {
		if (!(error instanceof LedgerError)) throw error;
		process.stdout.write(JSON.stringify({ code: error.code, detail: error.detail }));
	}
}

void main(process.argv[2] ?? '');
