import { AirError } from '../../errors/AirError';
import { redact } from '../../errors/redact';
import { ADVICE } from './advice';
import { isEmpty } from './values/convertValue';
import { isRecord } from './values/json';

/** The JSON of an incoming item. */
export type ItemJson = Readonly<Record<string, unknown>>;

/**
 * The value of a field of an item. A field with exactly this name counts first; otherwise dots lead
 * into objects.
 *
 * @returns undefined when the item has no such field
 * @example
 * ```ts
 * fieldAt({ body: { email: 'ada@example.com' } }, 'body.email'); // 'ada@example.com'
 * ```
 */
function fieldAt(item: ItemJson, path: string): unknown {
	if (Object.hasOwn(item, path)) return item[path];
	let at: unknown = item;
	for (const name of path.split('.')) {
		if (!isRecord(at) || !Object.hasOwn(at, name)) return undefined;
		at = at[name];
	}
	return at;
}

const MOST_NAMES = 10;

function namesOf(holder: object): string {
	const names = Object.keys(holder);
	const shown = names.slice(0, MOST_NAMES).map((name) => redact(name, 40));
	const left = names.length - shown.length;
	return `${shown.join(', ')}${left > 0 ? ` and ${left} more` : ''}` || 'none';
}

const isList = (where: string) =>
	`${where} is a list: a Split Out node before this one makes an item of each entry`;

/** As a Webhook node gives the body of a sender that calls its JSON text/plain. */
const isJsonText = (value: unknown) => typeof value === 'string' && /^\s*[{[]/.test(value);

/** n8n's Extract from File leaves it before the first name in a file from Excel. */
const BYTE_ORDER_MARK = '\ufeff';

const HAS_MARK =
	'a byte order mark, which nobody sees, stands before that name: switch on Exclude Byte Order Mark (BOM) in the node that reads the file';

const hasJsonText = (where: string) =>
	`${where} is JSON written as text: let the sender send it as application/json, or make an object of it in an Edit Fields node before this one`;

/**
 * Says that an item has no such field, and which fields there are where the path ends.
 *
 * @example
 * ```ts
 * noField({ name: 'Ada', body: {} }, 'email');
 * // 'the item has no field called “email”; it has: name, body'
 * ```
 */
export function noField(item: ItemJson, path: string): string {
	const none = `the item has no field called “${redact(path, 60)}”`;
	const steps = path.split('.');
	let holder: object = item;
	let where = 'it';
	for (const [index, step] of steps.entries()) {
		const inner: unknown = Object.hasOwn(holder, step) ? Reflect.get(holder, step) : undefined;
		const reached = redact(steps.slice(0, index + 1).join('.'), 60);
		if (inner === undefined && Object.hasOwn(holder, BYTE_ORDER_MARK + step)) {
			return `${none}; ${HAS_MARK}`;
		}
		if (isJsonText(inner)) return `${none}; ${hasJsonText(reached)}`;
		if (typeof inner !== 'object' || inner === null) break;
		holder = inner;
		where = reached;
	}
	return `${none}; ${Array.isArray(holder) ? isList(where) : `${where} has: ${namesOf(holder)}`}`;
}

/** Selects the fields of an item that are the attributes of the subject. */
export interface AttributeFields {
	/** The field that holds them; empty for the item itself. */
	readonly within: string;
	/** Fields that are not attributes, by path from the item or by name among the attributes. */
	readonly without: readonly string[];
}

/**
 * The attributes in an item. Fields without a value are left out, since an empty cell of a sheet claims
 * nothing.
 *
 * @throws AirError `AIR_SUBJECT_INVALID`
 * @example
 * ```ts
 * attributesIn({ email: 'a@b.example', tier: 'Gold' }, { within: '', without: ['email'] });
 * // { tier: 'Gold' }
 * ```
 */
export function attributesIn(item: ItemJson, { within, without }: AttributeFields): ItemJson {
	const holder = within === '' ? item : fieldAt(item, within);
	if (!isRecord(holder)) {
		const named = redact(within, 60);
		throw new AirError('AIR_SUBJECT_INVALID', {
			detail:
				holder === undefined
					? `Attributes In: ${noField(item, within)}`
					: Array.isArray(holder)
						? `Attributes In: ${isList(named)}`
						: isJsonText(holder)
							? `Attributes In: ${hasJsonText(named)}`
							: `the field “${named}” that Attributes In names holds no attributes`,
		});
	}
	const names = new Set(without);
	const prefix = within === '' ? '' : `${within}.`;
	const isLeftOut = (name: string) => names.has(name) || names.has(prefix + name);
	return Object.fromEntries(
		Object.entries(holder)
			.map(([name, value]) => ({ name, plain: name.replace(/^\ufeff/, ''), value }))
			.filter(({ name, plain, value }) => !isLeftOut(name) && !isLeftOut(plain) && !isEmpty(value))
			.map(({ plain, value }) => [plain, value]),
	);
}

/**
 * The error for an item of whose fields none is named like an attribute.
 *
 * @param within - the field that was looked into; empty for the item itself
 */
export function noneNamedLike(item: ItemJson, within: string): AirError {
	const holder = within === '' ? item : fieldAt(item, within);
	const where = within === '' ? 'the item' : redact(within, 60);
	const has = isRecord(holder) ? namesOf(holder) : 'none';
	return new AirError('AIR_SUBJECT_INVALID', {
		detail: `it holds no attributes: no field of ${where} with a value is named like one; ${where} has: ${has}`,
		note: ADVICE.noneNamed,
	});
}
