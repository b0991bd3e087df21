import { Checks } from './checks';
import { buildPackage } from './package';

const checks = new Checks();
buildPackage();
checks.jest(['browser'], ['--runInBand']);
checks.finish();
