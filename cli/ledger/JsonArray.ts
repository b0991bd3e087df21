import type { LedgerRow } from '../../ledger/Ledger';
import type { Io } from '../Io';
import { printableJson } from '../text';
import { wholeRow } from '../../issuance/ledger/rowFields';

/**
 * Writes rows as one JSON array, a row on each line, and holds only the rows that were added last. If
 * it is interrupted, the output is not valid JSON, so that nobody mistakes it for the whole.
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
