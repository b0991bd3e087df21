import { triggerPolls } from '../fuzz/inputs/triggerPolls';
import { hostileForms } from '../fuzz/inputs/hostileForms';
import { workflowItems } from '../fuzz/inputs/workflowItems';
import { testBadInput } from '../fuzz/testBadInput';

testBadInput([workflowItems, hostileForms, triggerPolls]);
