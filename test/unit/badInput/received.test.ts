import { answers } from '../../fuzz/inputs/answers';
import { exchanges } from '../../fuzz/inputs/exchanges';
import { oddAnswers } from '../../fuzz/inputs/oddAnswers';
import { ledgerRows } from '../../fuzz/inputs/ledgerRows';
import { triggerState } from '../../fuzz/inputs/triggerState';
import { testBadInput } from '../../fuzz/testBadInput';

testBadInput([answers, exchanges, oddAnswers, triggerState, ...ledgerRows]);
