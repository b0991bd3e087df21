import { parseArgs, type ParseArgsConfig } from 'node:util';
import { UsageError } from './errors';
import { echo } from './text';

type Options = NonNullable<ParseArgsConfig['options']>;

/** What Node finds wrong, on one line and without its advice on how to quote. */
function reason(error: unknown): string {
	const message = error instanceof Error ? error.message : String(error);
	const [first = ''] = message.split(/\n|\. To specify/);
	return first.replace(/ argument is ambiguous\.?$/, ' needs a value').replace(/\.$/, '');
}

/**
 * Reads the arguments of a command.
 *
 * @param names - of the words that are not options, in their order, for errors; all are needed
 * @param more - whether more words may follow
 * @throws UsageError for whatever is unknown, missing or too much
 */
export function readArguments<const O extends Options>(
	args: readonly string[],
	options: O,
	names: readonly string[] = [],
	{ more = false }: { readonly more?: boolean } = {},
) {
	const { values, positionals } = parse(args, options);
	const missing = names[positionals.length];
	if (missing !== undefined) throw new UsageError(`${missing} is missing`);
	const extra = positionals[names.length];
	if (extra !== undefined && !more) throw new UsageError(`${echo(extra)} does not belong there`);
	return { values, words: positionals };
}

function parse<const O extends Options>(args: readonly string[], options: O) {
	try {
		return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
	} catch (error) {
		throw new UsageError(reason(error));
	}
}

/** A whole number from 1. @throws UsageError */
export function readCount(option: string, text: string): number {
	const count = /^\d{1,9}$/.test(text) ? Number(text) : 0;
	if (count < 1) throw new UsageError(`${option}: ${echo(text)} is no number from 1`);
	return count;
}
