import type { LedgerRow } from '../../ledger/Ledger';
import type { Io } from '../Io';
import { printableJson } from '../text';
import { wholeRow } from '../../issuance/ledger/rowFields';

/**
 * Writes rows as one JSON array, a row on each line, without ever holding more than was added last.
 * If it breaks off in the middle, what was written is not JSON, so that nobody takes it for all.
 */
export class JsonArray {
	private empty = true;

	constructor(private readonly write: Io['stdout']) {}

	async add(rows: readonly LedgerRow[]): Promise<void> {
		const text = rows.map((row) => printableJson(wholeRow(row))).join(',\n');
		if (text === '') return;
		await this.write(`${this.empty ? '[\n' : ',\n'}${text}`);
		this.empty = false;
	}

	async end(): Promise<void> {
		await this.write(this.empty ? '[]\n' : '\n]\n');
	}
}
