import { Checks } from './checks';
import { buildPackage } from './package';

const checks = new Checks();
buildPackage();
checks.jest(['host'], ['--runInBand']);
checks.finish();
