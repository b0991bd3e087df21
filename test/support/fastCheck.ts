import fc from 'fast-check';

// The same cases in every run, so that a change is blamed for what it broke and nothing else.
// FAST_CHECK_SEED tries others.
fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 20_261_121) });
