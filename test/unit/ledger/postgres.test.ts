import { ledgerContract } from './contract';
import { POSTGRES } from './stores';

// Starts, databases and name look-ups take their time on a busy machine.
jest.setTimeout(120_000);

ledgerContract(POSTGRES);
