import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { IExecuteFunctions, NodeExecutionHint } from 'n8n-workflow';
import { AirError } from '../../errors/AirError';
import { asAirError } from '../../issuance/session/asAirError';
import type { RememberedIssuance } from '../../issuance/issue/outcome';
import { LedgerSession } from '../../issuance/session/LedgerSession';
import { proofFor } from '../../issuance/direct/issuer';
import { openLedger, openMemory } from '../../issuance/session/openLedger';
import type { RunSettings } from '../parameters/credentialSettings';
import { executionBegan, firstExecution, originOf, thisExecution } from './execution';

const inContainer = () =>
	existsSync('/.dockerenv') ||
	existsSync('/run/.containerenv') ||
	process.env.KUBERNETES_SERVICE_HOST !== undefined;

/** The ledger for one run of a node: opened with the first item, ended with the last. */
export class RunLedger {
	/** By settings: of one credential, or the same with another token lifetime. */
	private readonly sessions = new Map<RunSettings, Promise<LedgerSession>>();
	private readonly hints = new Map<string, NodeExecutionHint>();
	private unrecorded = 0;

	constructor(private readonly context: IExecuteFunctions) {}

	/**
	 * The ledger of this credential; if it is off, what this execution has issued.
	 *
	 * @throws AirError `AIR_LEDGER_…`: then nothing may be sent
	 */
	async for(settings: RunSettings): Promise<LedgerSession> {
		const kept = this.sessions.get(settings);
		if (kept !== undefined) return await kept;
		const opening = this.open(settings);
		this.sessions.set(settings, opening);
		return await opening;
	}

	/**
	 * The ledger for a question that works without one, because it changes nothing at AIR: undefined if
	 * the ledger is off or cannot be opened, with a hint in the latter case.
	 */
	async ifOpen(settings: RunSettings): Promise<LedgerSession | undefined> {
		if (settings.ledger.store === 'off') return undefined;
		try {
			return await this.for(settings);
		} catch (error) {
			const reason = error instanceof AirError ? error.message : 'The issuance ledger fails';
			this.hint('warning', `${reason}. AIR was asked anyway; its answer is not recorded.`);
			return undefined;
		}
	}

	private async open(settings: RunSettings): Promise<LedgerSession> {
		const { context } = this;
		try {
			const opened = await openLedger(settings.ledger);
			if (opened?.createdNow === true && inContainer()) {
				this.hint(
					'warning',
					'The issuance ledger was created just now. If n8n ran in this container before, its .n8n folder is not on a volume, and what was issued is forgotten with each new container: mount a volume there.',
				);
			}
			const origin = originOf(context);
			return new LedgerSession({
				ledger: opened?.ledger ?? (await openMemory()),
				client: settings.client,
				prove: proofFor(settings, settings.client),
				origin,
				// If n8n does not identify the execution, no other run may find what this one has issued.
				...(opened === undefined ? { onlyIn: thisExecution(context) || randomUUID() } : {}),
				ownExecutions: {
					ids: [origin.executionId, firstExecution(context)],
					began: executionBegan(context),
				},
				retentionDays: settings.retentionDays,
				log: (line) => {
					context.logger.warn(`${context.getNode().name}: ${line}`);
				},
			});
		} catch (error) {
			const known = asAirError(error);
			throw known instanceof AirError ? known : new AirError('AIR_LEDGER_UNAVAILABLE');
		}
	}

	/** Counts issuances for the hints at the end. */
	count({ settings }: LedgerSession, { recorded }: Pick<RememberedIssuance, 'recorded'>): void {
		if (settings.onlyIn !== undefined) {
			this.hint(
				'info',
				'Issuance Ledger is off in the credential: a redelivered event or a retried execution can issue again; only repeats within this execution are known.',
			);
		}
		if (recorded === false) this.unrecorded++;
	}

	/** Writes what could not be written during the run, and tells the user about it. */
	async end(): Promise<void> {
		for (const opening of this.sessions.values()) {
			// A ledger that could not be opened has already failed its item.
			const session = await opening.catch(() => undefined);
			await session?.end();
		}
		const { unrecorded } = this;
		if (unrecorded > 0) {
			this.hint(
				'warning',
				`${unrecorded === 1 ? '1 issuance was' : `${unrecorded} issuances were`} accepted by AIR but could not be written to the ledger at once (“recorded” is false there). The log of n8n has the hashes.`,
			);
		}
		if (this.hints.size > 0 && typeof this.context.addExecutionHints === 'function') {
			this.context.addExecutionHints(...this.hints.values());
		}
	}

	private hint(type: 'info' | 'warning', message: string): void {
		this.hints.set(message, { type, message, location: 'outputPane' });
	}
}
