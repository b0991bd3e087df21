import { ledgerContract } from './contract';
import { SQLITE } from './stores';

ledgerContract(SQLITE);
