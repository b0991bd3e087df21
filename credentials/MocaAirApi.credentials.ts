import { randomUUID } from 'node:crypto';
import type {
	IAuthenticate,
	ICredentialDataDecryptedObject,
	ICredentialTestRequest,
	ICredentialType,
	Icon,
	IHttpRequestOptions,
	INodeProperties,
} from 'n8n-workflow';
import { checkSetup } from '../issuance/setup/checkSetup';
import { setupProblem } from '../issuance/setup/setupProblem';
import { keepMessage } from '../n8n/errors/keepMessage';
import { properties } from './properties';
import { RECIPIENT_HEADER, signRequest } from './signRequest';

/** A secret of this process, so that no workflow can start a setup check by setting a header. */
const TEST_MARKER_HEADER = 'x-moca-air-credential-test';
const TEST_MARKER = randomUUID();

const isTestRequest = ({ headers }: IHttpRequestOptions) =>
	headers?.[TEST_MARKER_HEADER] === TEST_MARKER;

/** n8n's own test rules cannot tell a good 404 from a bad one, so the check is ours. */
async function assertSetupWorks(credentials: ICredentialDataDecryptedObject): Promise<void> {
	const problem = setupProblem(await checkSetup(credentials));
	if (problem !== undefined) throw new Error(keepMessage(`${problem.detail}. ${problem.fix}`));
}

export class MocaAirApi implements ICredentialType {
	name = 'mocaAirApi';

	displayName = 'Moca AIR Credentials API';

	icon: Icon = { light: 'file:../icons/mocaAir.svg', dark: 'file:../icons/mocaAir.dark.svg' };

	documentationUrl =
		'https://github.com/n8n-nodes-moca-air/n8n-nodes-moca-air/blob/main/docs/credential.md';

	properties: INodeProperties[] = properties;

	authenticate: IAuthenticate = async (credentials, requestOptions) => {
		if (!isTestRequest(requestOptions)) return await signRequest(credentials, requestOptions);
		await assertSetupWorks(credentials);
		const headers = Object.fromEntries(
			Object.entries(requestOptions.headers ?? {}).filter(([name]) => name !== TEST_MARKER_HEADER),
		);
		return await signRequest(credentials, { ...requestOptions, headers });
	};

	test: ICredentialTestRequest = {
		request: {
			method: 'GET',
			url: `/credentials/status?coreClaimHash=${'0'.repeat(64)}`,
			headers: {
				[TEST_MARKER_HEADER]: TEST_MARKER,
				[RECIPIENT_HEADER]: 'setup-check@example.invalid',
			},
			ignoreHttpStatusErrors: true,
		},
	};
}
