import { privateKeys } from '../../fuzz/inputs/privateKeys';
import { signedRequests } from '../../fuzz/inputs/signedRequests';
import { urls } from '../../fuzz/inputs/urls';
import { testBadInput } from '../../fuzz/testBadInput';

testBadInput([privateKeys, urls, signedRequests]);
