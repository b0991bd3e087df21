import { HostLimiter } from '../../../../air/pacing/HostLimiter';
import { Places } from '../../../../air/pacing/Places';
import type { Permit, PermitOptions } from '../../../../air/pacing/Permit';
import { LONGEST_AHEAD_MS, NO_REPEAT, repeating } from '../../../../air/pacing/repeat';
import { LONGEST_WISH_MS } from '../../../../air/pacing/retryAfter';
import type { AirError } from '../../../../errors/AirError';
import { send, SimulatedAir, type SimulatedSettings } from '../../../support/simulatedAir';
import { VirtualTime } from '../../../support/virtualTime';

const p95 = (took: readonly number[]) =>
	[...took].sort((a, b) => a - b)[Math.floor(took.length * 0.95)] ?? 0;

/** Runs of several processes against one AIR, with what was in flight over time. */
async function simulate(
	settings: SimulatedSettings,
	{
		processes = 1,
		items,
		change,
	}: {
		readonly processes?: number;
		readonly items: number;
		readonly change?: { readonly atMs: number; readonly to: Partial<SimulatedSettings> };
	},
) {
	const time = new VirtualTime();
	const air = new SimulatedAir(time, settings);
	const inFlight: { readonly at: number; readonly count: number }[] = [];
	let isOver = false;
	const watch = async (): Promise<void> => {
		while (!isOver) {
			await time.sleep(settings.serviceMs / 4);
			inFlight.push({ at: time.now(), count: air.inFlight });
		}
	};
	void watch();
	if (change !== undefined) {
		time.after(change.atMs, () => {
			Object.assign(air.settings, change.to);
			air.took.length = 0;
		});
	}
	const runs = Promise.all(
		Array.from({ length: processes }, async () =>
			send(time, new HostLimiter(time, () => 0.5), air, { items: items / processes }),
		),
	);
	let endedAt = 0;
	void runs.then(() => {
		isOver = true;
		endedAt = time.now();
	});
	await time.run();
	await runs;
	const later = inFlight.filter(
		({ at }) => at > Math.max(endedAt / 2, change?.atMs ?? 0) && at < endedAt * 0.9,
	);
	const typical = later.map(({ count }) => count).sort((a, b) => a - b)[later.length >> 1] ?? 0;
	return { air, inFlight, typical, perSecond: (1000 * items) / endedAt, endedAt };
}

describe('how many are under way at once', () => {
	test.each([20, 100, 300])(
		'AIR answers any number after %d ms: all 100 places within eight round trips',
		async (serviceMs) => {
			const { inFlight, perSecond } = await simulate(
				{ serviceMs, workers: 10_000 },
				{ items: 6_000 },
			);
			const full = inFlight.find(({ count }) => count === 100);
			expect(full?.at).toBeLessThanOrEqual(8 * serviceMs);
			expect(perSecond).toBeGreaterThan((0.9 * 100_000) / serviceMs);
		},
	);

	test.each([16, 30, 40, 60])(
		'AIR works on %d at once: few wait in line there, and it always has something to do',
		async (workers) => {
			const { typical, air, perSecond } = await simulate(
				{ serviceMs: 100, workers },
				{ items: workers * 100 },
			);
			expect(typical).toBeLessThanOrEqual(1.5 * workers);
			expect(perSecond).toBeGreaterThan(0.9 * workers * 10);
			expect(p95(air.took.slice(air.took.length / 2))).toBeLessThanOrEqual(200);
		},
	);

	test.each([30, 40])(
		'AIR works on %d at once, and then on half of that: the number follows',
		async (workers) => {
			const { typical, air } = await simulate(
				{ serviceMs: 100, workers },
				{ items: 6_000, change: { atMs: 5_000, to: { workers: workers / 2 } } },
			);
			expect(typical).toBeLessThanOrEqual(1.5 * (workers / 2));
			expect(p95(air.took.slice(air.took.length / 2))).toBeLessThanOrEqual(200);
		},
	);

	test('four processes share AIR without knowing of each other', async () => {
		const { typical, perSecond } = await simulate(
			{ serviceMs: 100, workers: 80 },
			{ processes: 4, items: 12_000 },
		);
		expect(typical).toBeLessThanOrEqual(1.5 * 80);
		expect(perSecond).toBeGreaterThan(0.75 * 800);
	});

	test('AIR takes three times as long, however many there are: the number comes back', async () => {
		const { typical } = await simulate(
			{ serviceMs: 100, workers: 10_000 },
			{ items: 9_000, change: { atMs: 3_000, to: { serviceMs: 300 } } },
		);
		expect(typical).toBe(100);
	});

	test('a few were enough, and AIR takes five times as long by now: as many as that needs, soon', async () => {
		const time = new VirtualTime();
		const air = new SimulatedAir(time, { serviceMs: 20, workers: 10_000 });
		const limiter = new HostLimiter(time, () => 0.5);
		void send(time, limiter, air, { items: 10_000, computesMs: 1.5 });
		await time.run(3_000);
		expect(air.answered).toBeGreaterThan(1_700);
		air.settings.serviceMs = 100;
		await time.run(5_500);
		const before = air.answered;
		await time.run(6_500);
		// 667 a second is all that the sender can do.
		expect(air.answered - before).toBeGreaterThan(600);
	});

	test('AIR works on a tenth of what it did: the line there is gone soon', async () => {
		const time = new VirtualTime();
		const air = new SimulatedAir(time, { serviceMs: 100, workers: 100 });
		void send(time, new HostLimiter(time, () => 0.5), air, { items: 100_000 });
		await time.run(3_000);
		expect(air.inFlight).toBe(100);
		air.settings.workers = 10;
		await time.run(18_000);
		const inFlight: number[] = [];
		for (let at = 18_000; at < 24_000; at += 50) {
			await time.run(at);
			inFlight.push(air.inFlight);
		}
		expect(inFlight.toSorted((a, b) => a - b)[inFlight.length >> 1]).toBeLessThanOrEqual(15);
	});

	test('AIR takes more by now: so many are sent', async () => {
		const { typical } = await simulate(
			{ serviceMs: 100, workers: 16 },
			{ items: 8_000, change: { atMs: 5_000, to: { workers: 10_000 } } },
		);
		expect(typical).toBeGreaterThan(80);
	});

	test('what answers take while this process computes is not taken for a line at AIR', async () => {
		const time = new VirtualTime();
		let [slow, busy] = [1, 0];
		const limiter = new HostLimiter(
			{ now: time.now, after: time.after, busyMs: () => busy },
			() => 0.5,
		);
		const loop = async (): Promise<void> => {
			for (let i = 0; i < 200; i++) {
				const permit = await limiter.permit({ kind: 'issue' });
				permit.use();
				const took = 20 * slow;
				await time.sleep(took);
				if (slow > 1) busy = time.now();
				permit.answered();
			}
		};
		time.after(1_000, () => {
			slow = 6;
		});
		const all = Promise.all(Array.from({ length: 200 }, loop));
		await time.run();
		await all;
		expect(limiter.ofUse('issue')).toBe(116);
	});

	test('after a minute without work it begins with half of what it found', async () => {
		const time = new VirtualTime();
		const limiter = new HostLimiter(time, () => 0.5);
		const air = new SimulatedAir(time, { serviceMs: 100, workers: 10_000 });
		const first = send(time, limiter, air, { items: 2_000 });
		await time.run();
		await first;
		expect(limiter.ofUse('issue')).toBe(116);
		await time.run(time.now() + 61_000);
		const permit = await limiter.permit({ kind: 'issue' });
		expect(limiter.ofUse('issue')).toBe(66);
		permit.giveBack();
	});
});

/** Permits as they are granted. */
function asking(limiter = new HostLimiter(new VirtualTime(), () => 0.5)) {
	const granted: Permit[] = [];
	const ask = (count: number, options: PermitOptions): void => {
		for (let i = 0; i < count; i++) {
			void limiter.permit(options).then((permit) => {
				permit.use();
				granted.push(permit);
			});
		}
	};
	return { limiter, granted, ask };
}

const turns = async (): Promise<void> => {
	for (let i = 0; i < 10; i++) await Promise.resolve();
};

test('where an unknown outcome is a dead end, at most 25 are under way', async () => {
	const { granted, ask } = asking();
	ask(60, { kind: 'issue', deadEnd: true, share: { fixed: true } });
	await turns();
	expect(granted).toHaveLength(25);
	granted[0]?.answered();
	await turns();
	expect(granted).toHaveLength(26);
});

test('five outcomes in a row are unknown: one at a time tries, until one is answered', async () => {
	const { granted, ask } = asking();
	ask(40, { kind: 'issue' });
	await turns();
	expect(granted).toHaveLength(10);
	for (const permit of granted.slice(0, 10)) permit.ended();
	await turns();
	// Four more began before the fifth had ended.
	const begun = granted.length;
	for (const permit of granted.slice(10)) permit.ended();
	await turns();
	expect(granted.length).toBe(begun + 1);
	granted.at(-1)?.ended();
	await turns();
	expect(granted.length).toBe(begun + 2);
	granted.at(-1)?.answered();
	await turns();
	expect(granted.length).toBe(begun + 12);
});

test('so do those with a fixed number', async () => {
	const { granted, ask } = asking();
	ask(20, { kind: 'issue', share: { fixed: true } });
	await turns();
	for (const permit of granted.slice(0, 20)) permit.ended();
	ask(20, { kind: 'issue', share: { fixed: true } });
	await turns();
	expect(granted).toHaveLength(21);
});

test('where an unknown outcome is a dead end, nothing begins ahead of its place', () => {
	const places = new Places();
	expect(places.areFreeAhead({ kind: 'issue', ahead: true })).toBe(true);
	expect(places.areFreeAhead({ kind: 'issue', ahead: true, deadEnd: true })).toBe(false);
});

test('where answers take long, nothing begins ahead of its place', async () => {
	const time = new VirtualTime();
	const { granted, ask } = asking(new HostLimiter(time, () => 0.5));
	ask(10, { kind: 'issue' });
	await time.run(3_000);
	for (const permit of granted) permit.answered();
	ask(60, { kind: 'issue', ahead: true });
	await turns();
	expect(granted).toHaveLength(10 + 20);
});

test('one item does not wait behind a large run', async () => {
	const { limiter, granted } = asking();
	const order: string[] = [];
	const queue = (name: string, whose: object): void => {
		void limiter.permit({ kind: 'issue', share: { whose } }).then((permit) => {
			order.push(name);
			permit.use();
			granted.push(permit);
		});
	};
	const [large, small] = [{}, {}];
	for (let i = 0; i < 1_000; i++) queue('large', large);
	queue('small', small);
	await turns();
	expect(order).toHaveLength(10);
	for (const permit of granted.slice(0, 2)) permit.answered();
	await turns();
	expect(order.slice(10)).toEqual(['large', 'small']);
});

test('questions take at most half of the places while something is issued', async () => {
	const { granted, ask } = asking();
	ask(1, { kind: 'issue' });
	ask(20, { kind: 'ask' });
	await turns();
	expect(granted).toHaveLength(6);
	granted[0]?.answered();
	await turns();
	expect(granted).toHaveLength(11);
});

describe('beside a large run', () => {
	const ahead = { kind: 'issue', ahead: true } as const;

	/** For two seconds a large run issues; meanwhile something else is sent, one at a time. @returns how often */
	async function sentBeside(large: PermitOptions, atOnce: number, other: PermitOptions) {
		const time = new VirtualTime();
		const limiter = new HostLimiter(time, () => 0.5);
		let round = 0;
		const sendOne = async (options: PermitOptions): Promise<void> => {
			const permit = await limiter.permit(options);
			await time.sleep(1);
			await permit.place();
			permit.use();
			// Not all at once, so that hardly ever several places are free.
			await time.sleep(50 + (round++ % 100));
			permit.answered();
		};
		let count = 0;
		const loop = async (options: PermitOptions, done: () => void): Promise<void> => {
			while (time.now() < 2_000) {
				await sendOne(options);
				done();
			}
		};
		const run = {};
		const all = Array.from({ length: atOnce }, async () =>
			loop({ ...large, share: { ...large.share, whose: run } }, () => undefined),
		);
		all.push(
			loop({ ...other, share: { ...other.share, whose: {} } }, () => {
				count++;
			}),
		);
		await time.run();
		await Promise.all(all);
		return count;
	}

	test.each<[string, PermitOptions, number, PermitOptions]>([
		['a question', ahead, 116, { kind: 'ask' }],
		['what may not begin ahead', ahead, 116, { kind: 'issue', deadEnd: true }],
		['one item', ahead, 116, ahead],
		['a question, and the number is fixed', { ...ahead, share: { fixed: true } }, 100, {}],
		['one item, and the number is fixed', { ...ahead, share: { fixed: true } }, 50, ahead],
		[
			'what may not begin ahead, and the number is fixed',
			{ ...ahead, share: { fixed: true } },
			50,
			{ kind: 'issue', deadEnd: true },
		],
		['a fixed number', ahead, 116, { ...ahead, share: { fixed: true } }],
	])('%s has its turns', async (_, large, atOnce, other) => {
		expect(await sentBeside(large, atOnce, other)).toBeGreaterThan(9);
	});

	test('questions of a run that get no answer hold up nothing that it issues', async () => {
		const { limiter, granted, ask } = asking();
		const share = { whose: {} };
		ask(5, { kind: 'ask', share });
		await turns();
		for (const permit of granted) permit.ended();
		ask(5, { kind: 'ask', share });
		await turns();
		expect(granted).toHaveLength(6);
		void limiter.permit({ kind: 'issue', share }).then((permit) => granted.push(permit));
		await turns();
		expect(granted).toHaveLength(7);
	});
});

describe('begun ahead of a place', () => {
	const ahead = { kind: 'issue', ahead: true } as const;

	test('at most sixteen, and no more than there are places', async () => {
		const limiter = new HostLimiter(new VirtualTime(), () => 0.5);
		const permits: Permit[] = [];
		for (let i = 0; i < 60; i++) {
			void limiter.permit(ahead).then((permit) => permits.push(permit));
		}
		await turns();
		// Ten ahead of their places, and ten that have one already.
		expect(permits).toHaveLength(20);
		permits[0]?.giveBack();
		await turns();
		expect(permits).toHaveLength(21);
	});

	test('given back after it has its place: the place is free again, and counts once', async () => {
		const limiter = new HostLimiter(new VirtualTime(), () => 0.5);
		const permit = await limiter.permit(ahead);
		await permit.place();
		permit.giveBack();
		permit.giveBack();
		let granted = 0;
		for (let i = 0; i < 60; i++) void limiter.permit(ahead).then(() => granted++);
		await turns();
		expect(granted).toBe(20);
	});

	test('a place is waited for, first come, first served, and a cancel ends it', async () => {
		const limiter = new HostLimiter(new VirtualTime(), () => 0.5);
		const permits = await Promise.all(
			Array.from({ length: 20 }, async () => limiter.permit(ahead)),
		);
		const order: number[] = [];
		const controller = new AbortController();
		const [first, second, third] = permits;
		const all = [first, second, third].map(async (permit, index) =>
			permit?.place(index === 1 ? controller.signal : undefined).then(
				() => order.push(index),
				() => order.push(10 + index),
			),
		);
		await turns();
		expect(order).toEqual([]);
		controller.abort();
		await turns();
		permits[18]?.giveBack();
		permits[19]?.giveBack();
		await Promise.all(all);
		expect(order).toEqual([11, 0, 2]);
		// After the cancel nothing is waited for.
		await expect(permits[3]?.place(controller.signal)).rejects.toMatchObject({
			code: 'AIR_CANCELLED',
		});
	});

	test('AIR asks twice to be left alone for a quarter of an hour: who waits for a place is told', async () => {
		const time = new VirtualTime();
		const limiter = new HostLimiter(time, () => 0.5);
		const permits = await Promise.all(
			Array.from({ length: 20 }, async () => limiter.permit(ahead)),
		);
		const ends: string[] = [];
		for (const permit of permits.slice(0, 3)) {
			void permit.place().then(
				() => {
					ends.push('placed');
					permit.refused('too-many', LONGEST_WISH_MS);
				},
				(error: unknown) => ends.push((error as AirError).code),
			);
		}
		for (const permit of permits.slice(10)) permit.refused('too-many', LONGEST_WISH_MS);
		await time.run(61_000);
		expect(ends).toEqual(['placed', 'AIR_RATE_LIMITED', 'AIR_RATE_LIMITED']);
	});

	test('nothing begins ahead where a rate is limited', async () => {
		const limiter = new HostLimiter(new VirtualTime(), () => 0.5);
		limiter.restrict(1);
		const permits: Permit[] = [];
		for (let i = 0; i < 5; i++) {
			void limiter.permit(ahead).then((permit) => permits.push(permit));
		}
		await turns();
		expect(permits).toHaveLength(1);
	});

	test.each([
		['of the machine', true],
		['that never jumps', false],
	])('too long by the clock %s for its place: given up, and begun again', async (_, byWall) => {
		const limiter = new HostLimiter();
		const held = await Promise.all(
			Array.from({ length: 10 }, async () => limiter.permit({ kind: 'issue' })),
		);
		const seen: string[] = [];
		const wall = jest.spyOn(Date, 'now');
		const now = Date.now();
		let monotonic = 0;
		const later = LONGEST_AHEAD_MS + 1_000;
		const result = repeating<string>(
			() => {
				seen.push('begun');
				setTimeout(() => {
					if (byWall) wall.mockReturnValue(now + later);
					else monotonic = later;
					held.shift()?.giveBack();
				}, 20);
				return {
					send: async () => {
						seen.push('sent');
						return await Promise.resolve('issued');
					},
					failed: async (error) => {
						seen.push(`given up: ${(error as { code?: string }).code ?? ''}`);
						// Somebody else waits for the place, too.
						void limiter.permit({ kind: 'issue' });
						return await Promise.resolve(error);
					},
				};
			},
			{
				limiter: () => limiter,
				wanted: ahead,
				limits: NO_REPEAT,
				repeatUnknown: true,
				patient: true,
				now: () => monotonic,
			},
		);
		wall.mockReturnValue(now);
		try {
			expect(await result).toBe('issued');
		} finally {
			wall.mockRestore();
		}
		expect(seen).toEqual(['begun', 'given up: AIR_RATE_LIMITED', 'begun', 'sent']);
	});
});
