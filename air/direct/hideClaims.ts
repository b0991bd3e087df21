import { createHash } from 'node:crypto';
import { AirError } from '../../errors/AirError';
import { redact } from '../../errors/redact';
import { assertClaimsFit } from './bodySize';
import type { Randomness } from './randomness';
import { assertEmailIsHidden, assertNoReservedNames } from './reservedNames';

type Claims = Readonly<Record<string, unknown>>;

/**
 * Which claims the holder shows only by choice: each one of the first level, none, or those named; by
 * name, or as `object.name` inside an object of the first level.
 */
export type Disclosable = 'all' | 'none' | readonly string[];

export interface HideOptions {
	readonly disclosable: Disclosable;
	/** How many decoy digests are added to each list, so that nobody can count the claims; 0 by default. */
	readonly decoys?: number | undefined;
}

/**
 * Claims as they are put into a credential: those signed openly, and disclosures for the holder to
 * show.
 */
export interface HiddenClaims {
	/** Contains `_sd` where something is hidden. */
	readonly visible: Claims;
	/** Base64url of `[salt, name, value]`, one for each hidden claim. */
	readonly disclosures: readonly string[];
}

const SALT_BYTES = 16;
const DIGEST_BYTES = 32;

const digestOf = (text: string) => createHash('sha256').update(text, 'ascii').digest('base64url');

const isObject = (value: unknown): value is Claims =>
	typeof value === 'object' && value !== null && !Array.isArray(value);

/** Undefined is left out everywhere: in a list, JSON would turn it into null. */
function withoutUndefined(value: unknown): unknown {
	if (Array.isArray(value)) {
		return value.filter((entry) => entry !== undefined).map(withoutUndefined);
	}
	return isObject(value) ? membersWithoutUndefined(value) : value;
}

function membersWithoutUndefined(claims: Claims): Record<string, unknown> {
	return Object.fromEntries(
		Object.entries(claims)
			.filter(([, value]) => value !== undefined)
			.map(([name, value]) => [name, withoutUndefined(value)]),
	);
}

type Place = readonly [name: string] | readonly [object: string, name: string];

/** Every claim that a name could mean: at the first level, and inside objects. */
function placesOf(named: string, claims: Claims): Place[] {
	const exact: Place[] = Object.hasOwn(claims, named) ? [[named]] : [];
	const inside = [...named.matchAll(/\./g)]
		.map(({ index }): Place => [named.slice(0, index), named.slice(index + 1)])
		.filter(([object, name = '']) => {
			// Verifiers' libraries drop a claim that is hidden under an empty name.
			if (name === '') return false;
			const value = Object.hasOwn(claims, object) ? claims[object] : undefined;
			return isObject(value) && Object.hasOwn(value, name);
		});
	return [...exact, ...inside];
}

function placeOf(named: string, claims: Claims): Place {
	const [place, other] = placesOf(named, claims);
	const refuse = (why: string) =>
		new AirError('AIR_DIRECT_DISCLOSURE_INVALID', { detail: `${redact(named, 80)} ${why}` });
	if (place === undefined) throw refuse('is not among the claims');
	if (other !== undefined) throw refuse('fits two claims');
	return place;
}

/** Moves members out of one object, and leaves their digests there. */
class Hider {
	readonly disclosures: string[] = [];

	constructor(
		private readonly random: Randomness,
		private readonly decoys: number,
	) {}

	hide(object: Claims, names: ReadonlySet<string>): Claims {
		const digests = Array.from({ length: this.decoys }, () =>
			digestOf(this.random.bytes(DIGEST_BYTES).toString('base64url')),
		);
		const kept: [string, unknown][] = [];
		for (const [name, value] of Object.entries(object)) {
			if (names.has(name)) digests.push(this.disclose(name, value));
			else kept.push([name, value]);
		}
		// Sorted, because their order would reveal the order of the claims.
		const hidden = digests.length === 0 ? {} : { _sd: digests.sort() };
		return { ...Object.fromEntries(kept), ...hidden };
	}

	private disclose(name: string, value: unknown): string {
		const salt = this.random.bytes(SALT_BYTES).toString('base64url');
		const disclosure = Buffer.from(JSON.stringify([salt, name, value])).toString('base64url');
		this.disclosures.push(disclosure);
		return digestOf(disclosure);
	}
}

/**
 * Splits claims into those that everybody sees and those that the holder shows by choice, in the form
 * of SD-JWT (RFC 9901). Only its result may be signed: claims are refused here, before the account of
 * the person is looked up.
 *
 * @param claims - plain data, checked (see `parseSubject`); undefined values are left out
 * @param random - for salts and decoys
 * @throws AirError `AIR_DIRECT_CLAIM_RESERVED`, `AIR_DIRECT_DISCLOSURE_INVALID`, `AIR_DIRECT_TOO_LARGE`
 * @example
 * ```ts
 * hideClaims({ tier: 'Gold', level: 3 }, { disclosable: ['tier'] }, systemRandomness);
 * // { visible: { level: 3, _sd: ['Xz…'] }, disclosures: ['WyJ…'] }
 * ```
 */
export function hideClaims(
	claims: Claims,
	{ disclosable, decoys = 0 }: HideOptions,
	random: Randomness,
): HiddenClaims {
	assertNoReservedNames(claims);
	const named =
		disclosable === 'all' ? Object.keys(claims) : disclosable === 'none' ? [] : disclosable;
	const places =
		disclosable === 'all'
			? named.map((name): Place => [name])
			: named.map((name) => placeOf(name, claims));
	const top = new Set<string>();
	const inside = new Map<string, Set<string>>();
	for (const [first, member] of places) {
		if (member === undefined) top.add(first);
		else inside.set(first, (inside.get(first) ?? new Set()).add(member));
	}
	const hider = new Hider(random, decoys);
	const present = membersWithoutUndefined(claims);
	for (const [name, members] of inside) {
		const object = present[name];
		if (isObject(object)) present[name] = hider.hide(object, members);
	}
	const visible = hider.hide(present, top);
	assertEmailIsHidden(visible);
	assertClaimsFit(visible, hider.disclosures);
	return { visible, disclosures: hider.disclosures };
}
