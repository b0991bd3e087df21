import { claimNames, claimNumbers, claimTemplates } from '../../fuzz/inputs/claims';
import { dids, hashes, programs } from '../../fuzz/inputs/identifiers';
import { recipients } from '../../fuzz/inputs/recipients';
import { subjectFields, subjects } from '../../fuzz/inputs/subjects';
import { testBadInput } from '../../fuzz/testBadInput';

testBadInput([recipients, programs, hashes, dids, subjects, subjectFields]);
testBadInput([claimNumbers, claimNames, claimTemplates]);
