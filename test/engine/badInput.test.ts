import { triggerPolls } from '../fuzz/inputs/triggerPolls';
import { workflowItems } from '../fuzz/inputs/workflowItems';
import { testBadInput } from '../fuzz/testBadInput';

testBadInput([workflowItems, triggerPolls]);
