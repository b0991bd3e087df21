const { appendFileSync, readFileSync } = require('node:fs');
const { TestEnvironment } = require('jest-environment-node');

/** In a second, as Linux counts the processor's time for programs. */
const TICKS = 100;

/** Seconds of the processor that this process and those that it started and that have ended took. */
function processorSeconds() {
	const fields = readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1).split(' ');
	// utime, stime, cutime and cstime.
	return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS;
}

/**
 * Writes down how much of the processor each file took: beside others a file takes longer than by itself,
 * and what it takes of the processor is what all of them take longer.
 */
module.exports = class TimedEnvironment extends TestEnvironment {
	constructor(config, context) {
		super(config, context);
		this.file = context.testPath;
		this.times = process.platform === 'linux' ? process.env.MOCA_AIR_PROCESSOR_TIMES : undefined;
		if (this.times !== undefined) this.before = processorSeconds();
	}

	async teardown() {
		if (this.times !== undefined) {
			const seconds = processorSeconds() - this.before;
			appendFileSync(this.times, `${JSON.stringify({ file: this.file, seconds })}\n`);
		}
		await super.teardown();
	}
};
