import { forgetLimits } from '../../air/pacing/HostLimiter';

// Tests of one file share an emulated AIR, and one test's 429 must not slow the next down.
beforeEach(forgetLimits);
