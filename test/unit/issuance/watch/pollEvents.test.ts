import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AirClient, type AirIdentity } from '../../../../air/AirClient';
import { AirError } from '../../../../errors/AirError';
import { importPrivateKey } from '../../../../air/keys/privateKey';
import { LedgerSession } from '../../../../issuance/session/LedgerSession';
import { realmOf } from '../../../../issuance/session/realm';
import { readOffer, type Offer } from '../../../../issuance/watch/offering';
import { forgetPauses } from '../../../../issuance/watch/politeness';
import { pollEvents } from '../../../../issuance/watch/pollEvents';
import { DEFAULT_RETENTION, type Ledger } from '../../../../ledger/Ledger';
import { openSqliteLedger } from '../../../../ledger/sqlite/openSqliteLedger';
import { makeKey } from '../../../support/keys';
import { DAY, HOUR, issue, MINUTE } from '../../ledger/contract/requests';

/**
 * What triggers tell, poll by poll, on the embedded ledger and with an AIR that answers as it is told.
 * A story is a list of steps: `issue a`, `confirm a` and `expire a` happen at AIR; `poll b: …` is a poll
 * of trigger b whose events n8n takes, with what it has to tell; `poll b (lost): …` is one whose events
 * n8n throws away, as it does when the workflow is republished meanwhile.
 */
let identity: AirIdentity;
let folder: string;

beforeAll(async () => {
	identity = {
		baseUrl: 'https://air.example.com/v1',
		partnerId: 'partner',
		kid: 'partner',
		key: await importPrivateKey(makeKey().pem),
		scope: 'issue on-behalf',
		lifetimeSeconds: 300,
	};
});

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'moca-air-story-'));
});

afterEach(() => {
	jest.restoreAllMocks();
	forgetPauses();
	rmSync(folder, { recursive: true, force: true });
});

const JUMPS: Readonly<Record<string, number>> = {
	'a minute': MINUTE,
	'an hour': HOUR,
	'a day': DAY,
	'91 days': 91 * DAY,
	'a year': 365 * DAY,
};
const jumpOf = (words: string) => {
	const ms = JUMPS[words];
	if (ms === undefined) throw new Error(`how long is ${words}?`);
	return ms;
};

/** One activation of a trigger, as n8n and `Activation` keep it. */
interface Active {
	noted: Offer | undefined;
	/** What is in the static data, which by default proves nothing. */
	saved: unknown;
}

class Stage {
	private storeOffset = 0;
	private process = 1;
	private ledger: Ledger | undefined;
	private readonly client = new AirClient(identity);
	private readonly statuses = new Map<string, string>();
	private readonly triggers = new Map<string, Active>();
	private ownOffset = 0;

	constructor() {
		const { now } = Date;
		jest.spyOn(Date, 'now').mockImplementation(() => now() + this.ownOffset);
		jest.spyOn(this.client, 'getStatus').mockImplementation((_recipient, hash) => {
			const vcStatus = this.statuses.get(hash);
			if (vcStatus === undefined) throw new AirError('AIR_HASH_NOT_FOUND');
			return Promise.resolve({ vcStatus });
		});
	}

	async tell(step: string): Promise<void> {
		const [, verb = '', rest = ''] = /^(\w+) ?(.*)$/.exec(step) ?? [];
		switch (verb) {
			case 'issue':
				this.statuses.set(rest, 'WAIT_ONCHAIN');
				await issue(await this.open(), rest, {
					realm: realmOf(this.client),
					idempotencyKey: rest,
					recipient: `${rest}@example.com`,
				});
				break;
			case 'confirm':
				this.statuses.set(rest, 'ONCHAIN');
				break;
			case 'expire':
				this.statuses.set(rest, 'EXPIRE');
				break;
			case 'forgotten':
				this.statuses.delete(rest);
				break;
			case 'wait':
				this.storeOffset += jumpOf(rest);
				this.ownOffset += jumpOf(rest);
				break;
			case 'store':
				this.storeOffset += clock(rest);
				break;
			case 'n8n':
				this.ownOffset += clock(rest);
				break;
			case 'restart':
				await this.close();
				this.process += 1;
				for (const trigger of this.triggers.values()) trigger.noted = undefined;
				break;
			case 'republish':
				this.active(rest).noted = undefined;
				break;
			case 'corrupt':
				this.active('b').saved = JSON.parse(rest);
				break;
			case 'prune':
				await (
					await this.open()
				).prune({
					...DEFAULT_RETENTION,
					realm: realmOf({ identity }),
				});
				break;
			case 'poll':
				await this.poll(rest);
				break;
			default:
				throw new Error(`nobody knows how to ${step}`);
		}
	}

	async close(): Promise<void> {
		await this.ledger?.close();
		this.ledger = undefined;
	}

	private async poll(words: string): Promise<void> {
		const [, name = '', lost, expected = ''] = /^(\w+)( \(lost\))?:(.*)$/.exec(words) ?? [];
		const trigger = this.active(name);
		const memory = new LedgerSession({
			ledger: await this.open(),
			client: this.client,
			origin: { instance: 'instance-1', workflowId: name, executionId: '', nodeId: 'n' },
			ownExecutions: { ids: [], began: undefined },
			retentionDays: 90,
			log: () => undefined,
		});
		await memory.ledger.acceptKey(memory.realm, identity.key.thumbprint);
		const { cursor, events, offer } = await pollEvents(memory, {
			watch: 'instance',
			filter: { types: ['confirmed', 'unusable', 'delayed'], delayMinutes: 5 },
			start: name === 'all' ? 'beginning' : 'now',
			maxCalls: 100,
			maxEvents: 2,
			withinMs: 20_000,
			requestTimeoutMs: 5_000,
			evidence: {
				keeping: 'kept',
				noted: trigger.noted,
				saved: readOffer(trigger.saved),
				process: String(this.process),
			},
		});
		const told = events.map(({ type, row }) =>
			type === 'confirmed' ? row.coreClaimHash : `${type} ${row.coreClaimHash ?? ''}`,
		);
		if (cursor.missed) told.push('missed');
		expect(`poll ${name}: ${told.join(', ')}`.trim()).toBe(
			`poll ${name}: ${expected.trim()}`.trim(),
		);
		trigger.noted = lost === undefined ? (offer ?? trigger.noted) : undefined;
	}

	private active(name: string): Active {
		const found = this.triggers.get(name) ?? { noted: undefined, saved: undefined };
		this.triggers.set(name, found);
		return found;
	}

	private async open(): Promise<Ledger> {
		const file = join(folder, 'ledger.sqlite');
		this.ledger ??= (
			await openSqliteLedger({ file, clockOffsetMs: () => this.storeOffset })
		).ledger;
		return this.ledger;
	}
}

function clock(words: string): number {
	const [, direction = '', by = ''] = /^clock (forward|back) by (.*)$/.exec(words) ?? [];
	return direction === 'back' ? -jumpOf(by) : jumpOf(by);
}

test.each<[string, string[]]>([
	['nothing happens', ['poll b:', 'poll b:']],
	['the first event ever', ['poll b:', 'issue a', 'confirm a', 'poll b: a', 'poll b:']],
	[
		'what was there before, from now or from the beginning',
		['issue a', 'confirm a', 'poll all: a', 'poll b:', 'wait an hour', 'poll all:', 'poll b:'],
	],
	[
		'confirmed while one trigger was there already and the other was not',
		['poll b:', 'issue a', 'confirm a', 'poll b: a', 'poll c:', 'poll all: a'],
	],
	[
		'several polls until it is confirmed, which is late',
		[
			'poll b:',
			'issue a',
			'poll b:',
			'wait a minute',
			'poll b:',
			'wait an hour',
			'poll b: delayed a',
			'poll b:',
			'wait a day',
			'confirm a',
			'poll b: a',
			'poll b:',
		],
	],
	[
		'one expires, one was confirmed before it could',
		[
			'poll b:',
			'issue a',
			'issue c',
			'expire a',
			'confirm c',
			'poll b: unusable a, c',
			'expire c',
			'wait a day',
			'poll b:',
		],
	],
	[
		'more than fit into one poll',
		[
			'poll b:',
			'issue a',
			'issue c',
			'issue d',
			'confirm a',
			'poll b: a',
			'confirm c',
			'confirm d',
			'wait a minute',
			'poll b: c, d',
			'poll b:',
		],
	],
	[
		'a restart: the last offer again, then no more of it',
		[
			'poll b:',
			'issue a',
			'confirm a',
			'poll b: a',
			'restart',
			'poll b: a',
			'poll b:',
			'restart',
			'poll b:',
		],
	],
	[
		'a restart before anything was told',
		['poll b:', 'issue a', 'confirm a', 'restart', 'poll b: a', 'poll b:'],
	],
	[
		'n8n throws a poll away, twice, and something happens in between',
		[
			'poll b:',
			'issue a',
			'confirm a',
			'poll b (lost): a',
			'issue c',
			'confirm c',
			'poll b (lost): a, c',
			'poll b: a, c',
			'poll b:',
		],
	],
	[
		'republished with nothing under way',
		['poll b:', 'republish b', 'issue a', 'confirm a', 'poll b: a', 'poll b:'],
	],
	[
		'static data that somebody has changed moves nothing',
		[
			'poll b:',
			'issue a',
			'confirm a',
			...['null', '5', '"x"', '[]', '{}', '{"upTo":9}', '{"upTo":"9","process":"1"}'].flatMap(
				(garbage) => [`corrupt ${garbage}`, 'poll b (lost): a'],
			),
			'corrupt {"ledgerId":"x","createdAt":1,"upTo":99,"process":"1"}',
			'poll b: a',
			'poll b:',
		],
	],
	[
		'two triggers, each at its own pace',
		[
			'poll b:',
			'poll c:',
			'issue a',
			'confirm a',
			'poll b: a',
			'poll b:',
			'issue d',
			'confirm d',
			'poll c (lost): a, d',
			'poll b: d',
			'poll c: a, d',
			'poll c:',
		],
	],
	[
		'the store’s clock is set back after the first poll',
		['poll b:', 'store clock back by a year', 'issue a', 'confirm a', 'poll b: a', 'poll b:'],
	],
	[
		'the store’s clock is set back while something is pending',
		[
			'poll b:',
			'issue a',
			'poll b:',
			'store clock back by a day',
			'confirm a',
			'poll b: a',
			'poll b:',
		],
	],
	[
		'the store’s clock is set forward while something is pending',
		[
			'poll b:',
			'issue a',
			'poll b:',
			'store clock forward by a day',
			'confirm a',
			'poll b: a',
			'store clock back by a day',
			'poll b:',
			'issue c',
			'confirm c',
			'poll b: c',
		],
	],
	[
		'the clock of n8n is set back, and forward',
		[
			'poll b:',
			'n8n clock back by a year',
			'issue a',
			'poll b:',
			'wait a minute',
			'confirm a',
			'poll b: a',
			'n8n clock forward by a year',
			'n8n clock forward by a year',
			'issue c',
			'poll b:',
			'wait an hour',
			'confirm c',
			'poll b: c',
		],
	],
	[
		'AIR knows no such hash, for a day',
		[
			'poll b:',
			'issue a',
			'forgotten a',
			'poll b:',
			'wait an hour',
			'poll b: delayed a',
			'wait a day',
			'poll b: unusable a',
			'poll b:',
		],
	],
	[
		'retention has taken everything, and then something happens',
		[
			'poll b:',
			'issue a',
			'confirm a',
			'poll b: a',
			'poll b:',
			'wait 91 days',
			'prune',
			'poll b:',
			'restart',
			'issue c',
			'confirm c',
			'poll b: c',
			'poll b:',
		],
	],
	[
		'retention has taken what a trigger had not seen: it knows, and gets what is left',
		[
			'poll b:',
			'issue a',
			'confirm a',
			'poll c: a',
			'wait 91 days',
			'prune',
			'issue d',
			'confirm d',
			'poll b: d, missed',
			'poll new: ',
		],
	],
	[
		'retention takes what was offered and never taken',
		[
			'poll b:',
			'issue a',
			'confirm a',
			'poll b (lost): a',
			'wait 91 days',
			'prune',
			'poll b: missed',
		],
	],
])('%s', async (_, steps) => {
	const stage = new Stage();
	try {
		for (const step of steps) await stage.tell(step);
	} finally {
		await stage.close();
	}
});
