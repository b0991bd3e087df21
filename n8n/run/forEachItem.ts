import type { IDataObject, IExecuteFunctions, INode, INodeExecutionData } from 'n8n-workflow';
import { AirError } from '../../errors/AirError';
import { Parallel, type End, type Job } from '../../issuance/issue/Parallel';
import { itemNumbers } from './itemNumbers';
import { asHtml, failedItem, nodeError, withCode } from '../errors/nodeError';
import { Progress } from './Progress';
import { assertAgentIsTold, goesOnAfterFailure } from '../tool/toolUse';

/** Aborted when the user cancels the execution; undefined if n8n has no such signal. */
export function cancelSignal(context: IExecuteFunctions): AbortSignal | undefined {
	return typeof context.getExecutionCancelSignal === 'function'
		? context.getExecutionCancelSignal()
		: undefined;
}

/** Plain data, as n8n saves it. */
const plain = (answer: object) => JSON.parse(JSON.stringify(answer)) as IDataObject;

export interface ItemsSettings {
	/** How many items may be in progress at once, as {@link Parallel} takes it. */
	readonly concurrency: number | (() => number);
	/** The word for an item that did not fail, for people: *issued*. */
	readonly done: string;
	/** The same for one item, from its answer, if items end in different ways. */
	readonly wordOf?: ((answer: object) => string | undefined) | undefined;
	/** Further fields of a failed item; `wasBegun`: it failed after it had been read and checked. */
	readonly ofFailure?:
		((error: unknown, wasBegun: boolean, itemIndex: number) => IDataObject) | undefined;
	/** Shapes the output of an item; unchanged by default. */
	readonly shape?: ((answer: object, itemIndex: number) => object) | undefined;
	/** Fields to append to an item, also to a failed one. */
	readonly behind?: ((output: object, itemIndex: number) => IDataObject) | undefined;
	/** The advice about running again, if one of several items ended the run. */
	readonly again?: (() => string | undefined) | undefined;
	/** Called after the last item, even after a failure. */
	readonly finish?: (() => Promise<void>) | undefined;
}

const isCancel = (error: unknown) => error instanceof AirError && error.code === 'AIR_CANCELLED';

/**
 * Runs a node's work for each item, several at once. Under Continue On Fail a failure becomes an item;
 * otherwise it becomes the node's error, which says what was done before. After a cancel nothing more
 * is begun. Items come out in the order of the input.
 *
 * @param prepare - reads one item; called one after another. Its `run` gives the JSON of the output item.
 */
export async function forEachItem(
	context: IExecuteFunctions,
	prepare: (itemIndex: number, signal: AbortSignal | undefined) => Promise<Job<object>>,
	{ concurrency, done, wordOf, ofFailure, shape, behind, again, finish }: ItemsSettings,
): Promise<INodeExecutionData[][]> {
	const items = context.getInputData().length;
	const signal = cancelSignal(context);
	const goesOn = goesOnAfterFailure(context);
	const progress = new Progress(context, items, done);
	const wordFor = (answer: object) => wordOf?.(answer) ?? done;
	const begun = new Set<number>();
	const output: INodeExecutionData[] = [];
	const failures: string[] = [];
	/** Kept, because n8n copies the whole node at each access. */
	let node: INode | undefined;
	try {
		try {
			assertAgentIsTold(context);
		} catch (error) {
			throw nodeError(context.getNode(), error, 0, items);
		}

		const parallel = new Parallel<object>({
			items,
			concurrency,
			stopAtFailure: !goesOn,
			signal,
			notBegun: isCancel,
			prepare: async (itemIndex) => await prepare(itemIndex, signal),
			onBegin: (itemIndex) => {
				begun.add(itemIndex);
			},
			onOver: (end) => {
				progress.count(end.ok ? wordFor(end.value) : undefined);
			},
		});
		const { ends, firstFailure } = await parallel.run();
		const stoppedBy = ends.findIndex((end) => end?.ok !== true);
		if (!goesOn && stoppedBy >= 0) {
			const index = firstFailure ?? stoppedBy;
			throw nodeError(context.getNode(), errorOf(ends[index]), index, items, {
				note: describeOthers(ends, index, done, wordFor, again?.()),
			});
		}
		for (const [itemIndex, end] of ends.entries()) {
			if (end?.ok === true) {
				const shaped = shape?.(end.value, itemIndex) ?? end.value;
				const json = plain({ ...shaped, ...behind?.(shaped, itemIndex) });
				output.push({ json, pairedItem: { item: itemIndex } });
				continue;
			}
			const error = withCode(errorOf(end));
			failures.push(error instanceof Error ? error.message : 'Unknown failure');
			const rest = ofFailure?.(error, begun.has(itemIndex), itemIndex);
			const failed = failedItem(error, itemIndex, (node ??= context.getNode()), rest);
			Object.assign(failed.json, behind?.(failed.json, itemIndex));
			output.push(failed);
		}
	} finally {
		const summary = progress.end();
		if (summary !== undefined) hint(context, 'info', summary);
		await finish?.();
	}
	hintAtFailures(context, failures, items);
	return [output];
}

/** The engine's retry loop starts again even after a cancel; then nothing is begun. */
const errorOf = (end: End<unknown> | undefined): unknown =>
	end?.ok === false ? end.error : new AirError('AIR_CANCELLED');

/** What became of the other items when one item ended the run. */
function describeOthers(
	ends: readonly (End<object> | undefined)[],
	stopper: number,
	done: string,
	wordFor: (answer: object) => string,
	again: string | undefined,
): string | undefined {
	if (ends.length === 1) return undefined;
	const others = (is: (end: End<object>) => boolean) =>
		ends.flatMap((end, index) =>
			end !== undefined && index !== stopper && is(end) ? [index] : [],
		);
	const unknown = ({ error }: { readonly error: unknown }) =>
		error instanceof AirError && error.kind === 'outcome-unknown';
	const words = ends.flatMap((end) => (end?.ok === true ? [wordFor(end.value)] : []));
	const fine = [...new Set([done, ...words])].map((word) => ({
		word,
		indexes: others((end) => end.ok && wordFor(end.value) === word),
	}));
	const open = others((end) => !end.ok && unknown(end));
	const failed = others((end) => !end.ok && !unknown(end));
	return [
		...fine.flatMap(({ word, indexes }) => {
			if (indexes.length > 0) {
				return [`${counted(indexes, ends.length)} ${word} before it stopped: ${named(indexes)}.`];
			}
			return word === done ? [`None of the other rows was ${done}.`] : [];
		}),
		...(open.length === 0 ? [] : [`What became of ${named(open)} is unknown.`]),
		...(failed.length === 0 ? [] : [`${capital(named(failed))} failed, too.`]),
		...(again === undefined ? [] : [again]),
	].join(' ');
}

const counted = (indexes: readonly number[], items: number) =>
	`${indexes.length} of ${items} rows ${indexes.length === 1 ? 'was' : 'were'}`;

const named = (indexes: readonly number[]) =>
	`${indexes.length === 1 ? 'row' : 'rows'} ${itemNumbers(indexes)}`;

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
			? `${failures.length} of ${of} failed: ${asHtml(first.replace(/\.$/, ''))}. See “message” on each failed item.`
			: `${failures.length} of ${of} failed, for ${kinds} different reasons. See “message” on each failed item.`,
	);
}
