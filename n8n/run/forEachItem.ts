import type { IDataObject, IExecuteFunctions, INode, INodeExecutionData } from 'n8n-workflow';
import { AirError } from '../../errors/AirError';
import { inParallel, type Job, type Outcome } from '../../issuance/issue/inParallel';
import { itemNumbers } from './itemNumbers';
import { asHtml, failedItem, nodeError } from '../errors/nodeError';
import { Progress } from './Progress';
import { assertAgentIsTold, goesOnAfterFailure } from '../tool/toolUse';

/** Aborted when the user cancels the execution; undefined where n8n has no such signal. */
export function cancelSignal(context: IExecuteFunctions): AbortSignal | undefined {
	return typeof context.getExecutionCancelSignal === 'function'
		? context.getExecutionCancelSignal()
		: undefined;
}

const itemOf = (answer: object, itemIndex: number): INodeExecutionData => ({
	json: JSON.parse(JSON.stringify(answer)) as IDataObject,
	pairedItem: { item: itemIndex },
});

export interface ItemsSettings {
	/** How many items may be under way at once. */
	readonly concurrency: number;
	/** What has happened to an item that did not fail, for people: *issued*. */
	readonly done: string;
	/** The same for one item, from its JSON, where not all end alike. */
	readonly wordOf?: ((json: IDataObject) => string | undefined) | undefined;
	/** What else the item of a failure says; `wasBegun`: it failed after it had been read and checked. */
	readonly ofFailure?: ((error: unknown, wasBegun: boolean) => IDataObject) | undefined;
	/** Called after the last item, however it went. */
	readonly finish?: (() => Promise<void>) | undefined;
}

const isCancel = (error: unknown) => error instanceof AirError && error.code === 'AIR_CANCELLED';

/**
 * Runs a node's work for each item, several at once: a failure becomes an item under Continue On Fail,
 * and otherwise the error of the node, which says what was done before; after a cancel nothing more is
 * begun. Items come out in the order of the input.
 *
 * @param prepare - reads one item; called one after another. What it `run`s gives the JSON of the
 *   output item.
 */
export async function forEachItem(
	context: IExecuteFunctions,
	prepare: (itemIndex: number, signal: AbortSignal | undefined) => Promise<Job<object>>,
	{ concurrency, done, wordOf, ofFailure, finish }: ItemsSettings,
): Promise<INodeExecutionData[][]> {
	const items = context.getInputData().length;
	const signal = cancelSignal(context);
	const goesOn = goesOnAfterFailure(context);
	const progress = new Progress(context, items, done);
	const wordFor = ({ json }: INodeExecutionData) => wordOf?.(json) ?? done;
	const begun = new Set<number>();
	const output: INodeExecutionData[] = [];
	const failures: string[] = [];
	/** Kept: n8n copies the whole node each time. */
	let node: INode | undefined;
	try {
		try {
			assertAgentIsTold(context);
		} catch (error) {
			throw nodeError(context.getNode(), error, 0, items);
		}

		const { outcomes, firstFailure } = await inParallel<INodeExecutionData>({
			items,
			concurrency,
			stopAtFailure: !goesOn,
			signal,
			notBegun: isCancel,
			prepare: async (itemIndex) => {
				const { lane, run } = await prepare(itemIndex, signal);
				return {
					lane,
					run: async (stopped, free) => {
						begun.add(itemIndex);
						return itemOf(await run(stopped, free), itemIndex);
					},
				};
			},
			onOver: (outcome) => {
				progress.count(outcome.ok ? wordFor(outcome.value) : undefined);
			},
		});
		const stoppedBy = outcomes.findIndex((outcome) => outcome?.ok !== true);
		if (!goesOn && stoppedBy >= 0) {
			const index = firstFailure ?? stoppedBy;
			throw nodeError(context.getNode(), errorOf(outcomes[index]), index, items, {
				note: becameOfOthers(outcomes, index, done, wordFor),
			});
		}
		for (const [itemIndex, outcome] of outcomes.entries()) {
			if (outcome?.ok === true) {
				output.push(outcome.value);
				continue;
			}
			const error = errorOf(outcome);
			failures.push(error instanceof Error ? error.message : 'Unknown failure');
			const rest = ofFailure?.(error, begun.has(itemIndex));
			output.push(failedItem(error, itemIndex, (node ??= context.getNode()), rest));
		}
	} finally {
		const summary = progress.end();
		if (summary !== undefined) hint(context, 'info', summary);
		await finish?.();
	}
	hintAtFailures(context, failures, items);
	return [output];
}

/** The engine's own retry loop begins anew after a cancel, too: then nothing is begun. */
const errorOf = (outcome: Outcome<unknown> | undefined): unknown =>
	outcome?.ok === false ? outcome.error : new AirError('AIR_CANCELLED');

/** What became of the other items when one ended the run. */
function becameOfOthers(
	outcomes: readonly (Outcome<INodeExecutionData> | undefined)[],
	ended: number,
	done: string,
	wordFor: (item: INodeExecutionData) => string,
): string | undefined {
	if (outcomes.length === 1) return undefined;
	const others = (is: (outcome: Outcome<INodeExecutionData>) => boolean) =>
		outcomes.flatMap((outcome, index) =>
			outcome !== undefined && index !== ended && is(outcome) ? [index] : [],
		);
	const unknown = ({ error }: { readonly error: unknown }) =>
		error instanceof AirError && error.kind === 'outcome-unknown';
	const words = outcomes.flatMap((outcome) =>
		outcome?.ok === true ? [wordFor(outcome.value)] : [],
	);
	const fine = [...new Set([done, ...words])].map((word) => ({
		word,
		indexes: others((outcome) => outcome.ok && wordFor(outcome.value) === word),
	}));
	const open = others((outcome) => !outcome.ok && unknown(outcome));
	const failed = others((outcome) => !outcome.ok && !unknown(outcome));
	return [
		...fine.flatMap(({ word, indexes }) => {
			if (indexes.length > 0) {
				return [
					`${counted(indexes, outcomes.length)} ${word} before it stopped: ${named(indexes)}.`,
				];
			}
			return word === done ? [`None of the other items was ${done}.`] : [];
		}),
		...(open.length === 0 ? [] : [`What became of ${named(open)} is unknown.`]),
		...(failed.length === 0 ? [] : [`${capital(named(failed))} failed, too.`]),
	].join(' ');
}

const counted = (indexes: readonly number[], items: number) =>
	`${indexes.length} of ${items} items ${indexes.length === 1 ? 'was' : 'were'}`;

const named = (indexes: readonly number[]) =>
	`${indexes.length === 1 ? 'item' : 'items'} ${itemNumbers(indexes)}`;

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

function hint(context: IExecuteFunctions, type: 'info' | 'warning', message: string): void {
	if (typeof context.addExecutionHints !== 'function') return;
	context.addExecutionHints({ type, location: 'outputPane', message });
}

function hintAtFailures(context: IExecuteFunctions, failures: string[], items: number): void {
	const [first] = failures;
	if (first === undefined) return;
	const kinds = new Set(failures).size;
	const of = items === 1 ? '1 item' : `${items} items`;
	hint(
		context,
		'warning',
		kinds === 1
			? `${failures.length} of ${of} failed: ${asHtml(first)}. See “message” on each failed item.`
			: `${failures.length} of ${of} failed, for ${kinds} different reasons. See “message” on each failed item.`,
	);
}
