import type { LedgerError, LedgerErrorCode } from '../../ledger/LedgerError';

const WORDS: Readonly<Record<LedgerErrorCode, string>> = {
	LEDGER_DRIVER_MISSING:
		'The driver of the ledger cannot be loaded (Node 22.19 or newer is needed, and the package installed completely)',
	LEDGER_QUEUE_MODE: 'In queue mode there is no embedded ledger: name the PostgreSQL one',
	LEDGER_SETTINGS: 'The address of the ledger is not valid',
	LEDGER_UNAVAILABLE: 'The ledger cannot be opened or reached',
	LEDGER_LOCKED: 'The ledger is busy: another process holds it for too long. Try again',
	LEDGER_LOST: 'The ledger that was here is lost',
	LEDGER_NOT_WRITABLE: 'The ledger cannot be written',
	LEDGER_MOVED: 'The ledger was moved',
	LEDGER_TOO_NEW:
		'The ledger belongs to a newer version of this package: use the command of the version that n8n uses',
};

/** What to do next, where the words and the detail do not say it. */
const ADVICE: Partial<Readonly<Record<LedgerErrorCode, string>>> = {
	LEDGER_UNAVAILABLE:
		'Check that the database runs and that its address and password are right, or that the file is where n8n keeps it',
	LEDGER_MOVED:
		'Name the ledger in PostgreSQL with --url or MOCA_AIR_LEDGER_URL; if the move broke off, run ledger move again',
	LEDGER_NOT_WRITABLE: 'Check who may write there, and that the disk has room',
};

/** A ledger error on one line, for somebody at a shell; the detail is safe to show. */
export function inWords({ code, detail }: LedgerError): string {
	const advice = ADVICE[code];
	return `${WORDS[code]}: ${detail} (${code})${advice === undefined ? '' : `. ${advice}`}`;
}
