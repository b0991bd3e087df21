import { buildPackage } from './package';

buildPackage();
console.log('built dist/');
