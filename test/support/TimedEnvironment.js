const { appendFileSync, readFileSync } = require('node:fs');
const { TestEnvironment } = require('jest-environment-node');

/** Clock ticks per second, in which Linux counts the CPU time of programs. */
const TICKS = 100;

/** Seconds of CPU time of this process and of its ended child processes. */
function processorSeconds() {
	const fields = readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1).split(' ');
	// utime, stime, cutime and cstime.
	return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS;
}

/**
 * Records the CPU time of each file: next to others a file takes longer than alone,
 * and its CPU time is what it adds to the others.
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
