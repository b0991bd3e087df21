import { mkdtempSync, rmSync } from 'node:fs';
import { Session, type Profiler } from 'node:inspector';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'undici';
import { closeLedgers } from '../../issuance/session/openLedger';
import { RunLedger } from '../../n8n/run/RunLedger';
import { RunHints } from '../../n8n/issuing/RunHints';
import { root } from '../../scripts/package';
import { startTestAir, type TestAir } from './air';
import { runWorkflow } from './runWorkflow';
import { issueWorkflow, person } from './workflows';

/**
 * How far an item walks after it has been read: from the function of the node that does it, through
 * the embedded ledger, to the wire and back. Measured, so that layers do not grow again unseen.
 */
const MOST_FRAMES = 10;
/** Beside those within the ledger. */
const MOST_FILES = 36;

let air: TestAir;
let folder: string;

beforeAll(async () => {
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
	folder = mkdtempSync(join(tmpdir(), 'moca-air-walk-'));
	process.env.N8N_USER_FOLDER = folder;
	air = await startTestAir();
});

afterAll(async () => {
	await closeLedgers();
	await air.close();
	delete process.env.MOCA_AIR_ALLOW_PRIVATE_URLS;
	delete process.env.N8N_USER_FOLDER;
	rmSync(folder, { recursive: true, force: true });
});

afterEach(() => {
	jest.restoreAllMocks();
});

const issue = async (...names: string[]) => {
	const credential = { ...air.credential, ledger: 'embedded', ledgerRetention: 90 };
	const { json } = await runWorkflow(
		issueWorkflow(
			names.map((name) => person(name)),
			{ idempotency: 'content', options: { concurrency: 1 } },
		),
		credential,
	);
	expect(json('Done')).toMatchObject(names.map(() => ({ outcome: 'issued' })));
};

/** The part of a path or a stack's line that lies in this package, and is not a test. */
const ownFile = (text: string) => {
	const at = text.indexOf(root);
	const file = at < 0 ? '' : text.slice(at + root.length + 1).replace(/:\d+:\d+\)?$/, '');
	return /^(node_modules|test|emulator|scripts)\//.test(file) ? '' : file;
};

test('the frames between the function of the node and the wire', async () => {
	await issue('first');
	const dispatch: unknown = Reflect.get(Pool.prototype, 'dispatch');
	if (typeof dispatch !== 'function') throw new Error('no dispatch');
	let frames: string[] = [];
	jest.spyOn(Pool.prototype, 'dispatch').mockImplementation(function (this: Pool, ...given) {
		const before = Error.stackTraceLimit;
		Error.stackTraceLimit = 100;
		frames = (new Error().stack ?? '').split('\n').filter((line) => ownFile(line) !== '');
		Error.stackTraceLimit = before;
		return Reflect.apply(dispatch, this, given) as boolean;
	});
	await issue('second');
	expect(frames[0]).toContain('air/http/egress.ts');
	expect(frames.at(-1)).toContain('issuance/issue/Parallel.ts');
	expect({ frames, few: frames.length <= MOST_FRAMES }).toEqual({ frames, few: true });
});

test('the files that an item passes', async () => {
	await issue('third');
	await issue('fourth');
	const session = new Session();
	session.connect();
	let found: Profiler.ScriptCoverage[] = [];
	const take = () => {
		session.post('Profiler.takePreciseCoverage', (_error, { result }) => (found = result));
	};
	session.post('Profiler.enable');
	session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
	jest.spyOn(RunHints.prototype, 'sending').mockImplementation(take);
	let files: string[] = [];
	jest.spyOn(RunLedger.prototype, 'count').mockImplementation(() => {
		take();
		files = found
			.filter(({ functions }) =>
				functions.some(
					({ functionName, ranges }) => functionName !== '' && (ranges[0]?.count ?? 0) > 0,
				),
			)
			.map(({ url }) => ownFile(url))
			.filter((file) => file !== '' && !file.startsWith('ledger/'));
	});
	// Of two items of one run it is the second that is left: nothing is read for the first time.
	await issue('fifth', 'sixth');
	session.disconnect();
	expect(files).toContain('issuance/issue/issueOnce.ts');
	expect({ files, few: files.length <= MOST_FILES }).toEqual({ files, few: true });
});
