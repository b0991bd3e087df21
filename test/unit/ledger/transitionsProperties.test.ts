import { ModelLedger } from './modelLedger';
import { always, PROPERTIES, type Driver } from './random/properties';

/** The transitions alone, with a model of what a store does around them. */
function modelDriver(): Driver {
	const model = new ModelLedger();
	const done = async (work: () => void) => {
		work();
		await Promise.resolve();
	};
	return {
		read: async () => await Promise.resolve(model.row),
		now: () => model.now,
		begin: async (repeatUnknown) => await Promise.resolve(model.begin(repeatUnknown)),
		answered: async (number, hash) => {
			await done(() => {
				model.answered(number, hash);
			});
		},
		failed: async (number, outcome) => {
			await done(() => {
				model.failed(number, outcome);
			});
		},
		observed: async (vcStatus, state) => {
			await done(() => {
				model.observed(vcStatus, state);
			});
		},
		became: async (state) => {
			await done(() => {
				model.became(state);
			});
		},
		wait: (ms) => {
			model.now += ms;
		},
	};
}

test.each(Object.keys(PROPERTIES))('%s', async (name) => {
	const driver = async () => await Promise.resolve(modelDriver());
	await always(driver, { runs: 2_000, longest: 40, properties: [name] });
});
