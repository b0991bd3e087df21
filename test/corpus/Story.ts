/**
 * One person's events, as a provider sends them, and the credentials they must hold in the end. Every
 * person, address and ID is invented; the shapes are those in the providers' documentation.
 */
export interface Story {
	/** Also part of every ID and address in it. */
	readonly id: string;
	readonly what: string;
	/**
	 * The events of each phase come in any order, each up to three times, some at once. A phase begins
	 * when the one before it is over.
	 *
	 * @param who - distinguishes the runs of a story; made of letters, digits and dashes
	 */
	readonly phases: (who: string) => readonly (readonly Sent[])[];
	/** Rows of the Data Table `moca_kyc_people`, where the provider knows no address. */
	readonly people?: (who: string) => readonly Row[];
	/** For each address with an issuance: the claims it holds last, and those it may have held before. */
	readonly holds: (who: string) => Readonly<Record<string, Held>>;
	/**
	 * Whether an execution that names the person or the event fails: in every order, in none, or only in
	 * some, such as when a tier comes before the address.
	 */
	readonly alert: 'always' | 'never' | 'maybe';
	/**
	 * Its events come one after another, in any order. Two approvals of one person within the same second
	 * are two issuances in progress, and nothing orders them at AIR.
	 */
	readonly oneByOne?: boolean;
	/** The text that the failure must contain, besides the person. */
	readonly says?: RegExp;
	/** The answer to the provider, if it is not 200. */
	readonly status?: number;
}

export type Row = Readonly<Record<string, string | boolean | null>>;

/** Claims as text: `Gold`, or the time of a KYC review. */
export interface Held {
	readonly last: string;
	/** Each at most once. */
	readonly before?: readonly string[];
}

/** A webhook: its body and its signature. */
export interface Sent {
	readonly body: Readonly<Record<string, unknown>>;
	readonly signed?: 'SHA1' | 'SHA256' | 'SHA512';
}

/** Numbers between 0 and 1, the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
	};
}

/** A list in any order. */
export function shuffled<T>(list: readonly T[], random: () => number): T[] {
	return list
		.map((one) => ({ one, place: random() }))
		.sort((a, b) => a.place - b.place)
		.map(({ one }) => one);
}

/** Each event one to three times, all of them in any order. */
export const deliveries = (events: readonly Sent[], random: () => number): Sent[] =>
	shuffled(
		events.flatMap((event) => Array.from({ length: 1 + Math.floor(random() * 3) }, () => event)),
		random,
	);
