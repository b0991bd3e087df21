import { AirError } from '../air/AirError';
import { isEmpty } from './convertValue';
import { isRecord } from './json';

/** The JSON of an incoming item. */
export type ItemJson = Readonly<Record<string, unknown>>;

/**
 * The value of a field of an item. A name that the item itself has counts first; otherwise dots lead
 * further in.
 *
 * @returns undefined when the item has no such field
 * @example
 * ```ts
 * fieldAt({ body: { email: 'ada@example.com' } }, 'body.email'); // 'ada@example.com'
 * ```
 */
export function fieldAt(item: ItemJson, path: string): unknown {
	if (Object.hasOwn(item, path)) return item[path];
	let at: unknown = item;
	for (const name of path.split('.')) {
		if (!isRecord(at) || !Object.hasOwn(at, name)) return undefined;
		at = at[name];
	}
	return at;
}

/** Which fields of an item are the attributes of the subject. */
export interface AttributeFields {
	/** The field that holds them; empty for the item itself. */
	readonly within: string;
	/** Fields that are no attributes, by the path from the item or by the name beside the attributes. */
	readonly without: readonly string[];
}

/**
 * The attributes that an item carries by itself. Fields without a value are left out, as an empty cell
 * of a sheet claims nothing.
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
		throw new AirError('AIR_SUBJECT_INVALID', {
			detail:
				holder === undefined
					? 'the item has no field as Attributes In names it'
					: 'the field that Attributes In names holds no attributes',
		});
	}
	const names = new Set(without);
	const prefix = within === '' ? '' : `${within}.`;
	return Object.fromEntries(
		Object.entries(holder).filter(
			([name, value]) => !names.has(name) && !names.has(prefix + name) && !isEmpty(value),
		),
	);
}
