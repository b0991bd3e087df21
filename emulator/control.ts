import type { z } from 'zod';
import type { Air } from './air';
import { Refusal } from './answers';
import { faultInput, type ArmedFault, type FaultInput } from './faults';
import type { StoredCredential } from './direct/dstorage';
import type { Holder } from './direct/holders';
import { openWallet, type CredentialVerifier, type WalletEntry } from './direct/wallet';
import * as inputs from './inputs';
import type { JwksView } from './jwks';
import type { Counts, RequestRecord } from './record';
import type { Issuance, IssuanceProgram, Partner, Settings, User } from './state';

/** An issuance as the control functions show it: with the status it has right now. */
export interface IssuanceView extends Issuance {
	readonly vcStatus: string;
}

export interface PartnerView extends Omit<Partner, 'programs' | 'declined'> {
	readonly programs: IssuanceProgram[];
	readonly declined: string[];
}

/** An account that direct issuance knows. */
export interface AccountView {
	readonly email: string;
	readonly userId: string;
	readonly did: string;
	/** Hex without `0x`. */
	readonly publicKey: string;
	readonly signingJwk: Readonly<Record<string, string>>;
	readonly nulls: readonly string[];
}

/** The state of the emulator, except for the record. */
export interface Overview {
	readonly settings: Settings;
	readonly rateLimit: z.output<typeof inputs.rateLimitInput>;
	readonly faults: ArmedFault[];
	readonly partners: PartnerView[];
	readonly users: User[];
}

/** Everything that a test can do with the emulator; the control endpoint offers the same. */
export class Control {
	private readonly initialSettings: Settings;

	constructor(
		private readonly air: Air,
		private readonly initialPartners: readonly inputs.PartnerInput[],
		private readonly verifier?: CredentialVerifier,
	) {
		this.initialSettings = { ...air.state.settings };
		this.registerInitial();
	}

	/** Restores the state after the start: partners, settings, clock; nothing issued and nothing seen. */
	reset(): void {
		const { state, faults, rateLimit, log, keys, clock, holders, dstorage } = this.air;
		state.clear();
		holders.clear();
		dstorage.clear();
		Object.assign(state.settings, this.initialSettings);
		faults.clear();
		rateLimit.set({ perSecond: null });
		clock.reset();
		keys.clear();
		log.clear();
		this.registerInitial();
	}

	/** Registers a partner, or replaces its registration; its issuances stay. */
	registerPartner(input: inputs.PartnerInput): PartnerView {
		const { programs, ...rest } = inputs.partnerInput.parse(input);
		const partner: Partner = {
			...rest,
			programs: new Map(programs.map((program) => [program.programId, program])),
			declined: new Set(),
		};
		this.air.state.partners.set(partner.partnerId, partner);
		return viewOf(partner);
	}

	/** Registers or replaces one issuance program of a partner. */
	registerProgram(input: inputs.ProgramOfPartnerInput): PartnerView {
		const { partnerId, ...program } = inputs.programOfPartnerInput.parse(input);
		const partner = this.partner(partnerId);
		partner.programs.set(program.programId, program);
		return viewOf(partner);
	}

	/** Lets a recipient decline (or accept again) all further credentials of a partner. */
	setConsent(input: inputs.ConsentInput): void {
		const { partnerId, email, declined } = inputs.consentInput.parse(input);
		if (declined) this.partner(partnerId).declined.add(email);
		else this.partner(partnerId).declined.delete(email);
	}

	/** Switches Issue on Behalf, or direct issuance, on or off for a partner. */
	setFeature(input: inputs.FeatureInput): void {
		const { partnerId, enabled, feature } = inputs.featureInput.parse(input);
		this.partner(partnerId)[feature] = enabled;
	}

	/** Makes an account, gives its fields as null, or replaces it; not counted as made by a client. */
	setAccount(input: inputs.AccountInput): AccountView {
		const { email, nulls, replace } = inputs.accountInput.parse(input);
		const { state, holders } = this.air;
		if (replace) state.users.delete(email);
		const user = state.userOf(email);
		const holder = replace ? holders.replace(user) : holders.of(user);
		if (nulls !== undefined) holder.nulls = nulls;
		return accountView(holder);
	}

	/** The accounts that direct issuance knows, with their public keys. */
	accounts(): AccountView[] {
		return this.air.holders.all().map(accountView);
	}

	/** The content of DStorage, as it was sent and opened; nothing is verified. Oldest first. */
	stored(): readonly StoredCredential[] {
		return this.air.dstorage.all();
	}

	/**
	 * Opens a wallet, everybody's unless an e-mail is given, and verifies each credential in it with the
	 * key that the issuer publishes now.
	 */
	async wallet(email?: string): Promise<WalletEntry[]> {
		return await openWallet(this.air, email, this.verifier);
	}

	setSettings(input: inputs.SettingsInput): Settings {
		const { settings } = this.air.state;
		for (const [name, value] of Object.entries<unknown>(inputs.settingsInput.parse(input))) {
			if (value !== undefined) Object.assign(settings, { [name]: value });
		}
		return { ...settings };
	}

	/** Gives a hash any status, known to AIR or not; null restores its natural course. */
	setStatus(input: inputs.StatusInput): IssuanceView {
		const { coreClaimHash, vcStatus } = inputs.statusInput.parse(input);
		const issuance = this.air.state.issuances.get(coreClaimHash);
		if (issuance === undefined) throw new Refusal(404, `no issuance ${coreClaimHash}`);
		issuance.forcedStatus = vcStatus ?? undefined;
		return this.issuanceView(issuance);
	}

	/** Moves the issuance clock on, and sets how far the clock that judges Partner JWTs is off. */
	setTime(input: inputs.TimeInput): { now: number; jwtNow: number } {
		const { advanceMs, jwtSkewMs } = inputs.timeInput.parse(input);
		const { clock } = this.air;
		if (advanceMs !== undefined) clock.advance(advanceMs);
		if (jwtSkewMs !== undefined) clock.skew(jwtSkewMs);
		return { now: clock.now(), jwtNow: clock.wall() };
	}

	setRateLimit(input: inputs.RateLimitInput): void {
		this.air.rateLimit.set(inputs.rateLimitInput.parse(input));
	}

	injectFault(input: FaultInput): void {
		this.air.faults.inject(faultInput.parse(input));
	}

	clearFaults(): void {
		this.air.faults.clear();
	}

	/** The state of the emulator. */
	overview(): Overview {
		const { state, faults, rateLimit } = this.air;
		return {
			settings: { ...state.settings },
			rateLimit: rateLimit.current,
			faults: faults.list(),
			partners: [...state.partners.values()].map(viewOf),
			users: [...state.users.values()],
		};
	}

	/** The requests seen, oldest first; only the newest `last` of them if given. */
	requests(last?: number): readonly RequestRecord[] {
		const { requests } = this.air.log;
		return last === undefined ? requests : requests.slice(Math.max(0, requests.length - last));
	}

	/** A copy of the counts as they are now. */
	counts(): Counts {
		return structuredClone(this.air.log.counts);
	}

	/** All issuances, oldest first. */
	issuances(): IssuanceView[] {
		return [...this.air.state.issuances.values()].map((issuance) => this.issuanceView(issuance));
	}

	/** The cached JWKSs, fresh or not. */
	jwks(): JwksView[] {
		return this.air.keys.list();
	}

	/** Forgets every JWKS, as if AIR had been restarted. */
	clearJwks(): void {
		this.air.keys.clear();
	}

	/** Forgets requests and counts, but nothing that was issued. */
	clearRecord(): void {
		this.air.log.clear();
	}

	private issuanceView(issuance: Issuance): IssuanceView {
		return { ...issuance, vcStatus: this.air.state.vcStatus(issuance) };
	}

	private partner(partnerId: string): Partner {
		const partner = this.air.state.partners.get(partnerId);
		if (partner === undefined) throw new Refusal(404, `no partner ${partnerId}`);
		return partner;
	}

	private registerInitial(): void {
		for (const partner of this.initialPartners) this.registerPartner(partner);
	}
}

function accountView({ email, userId, did, publicKey, signingJwk, nulls }: Holder): AccountView {
	return { email, userId, did, publicKey, signingJwk, nulls };
}

function viewOf(partner: Partner): PartnerView {
	return {
		...partner,
		programs: [...partner.programs.values()],
		declined: [...partner.declined],
	};
}
