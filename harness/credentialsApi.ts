import { z } from 'zod';
import type { RestClient } from './restClient';

const credential = z.looseObject({
	id: z.string(),
	name: z.string(),
	type: z.string(),
});
const withData = credential.extend({ data: z.record(z.string(), z.unknown()) });
const testResult = z.object({ status: z.enum(['OK', 'Error']), message: z.string() });

/** A stored credential without its values. */
export type Credential = z.infer<typeof credential>;
/** A stored credential with its values, secrets blanked by n8n. */
export type CredentialWithData = z.infer<typeof withData>;
/** What the editor shows after "Save": green with "Connection tested successfully", or red. */
export type CredentialTestResult = z.infer<typeof testResult>;

/** n8n's credentials over REST. */
export class CredentialsApi {
	constructor(private readonly rest: RestClient) {}

	/** Stores a credential; needs every value for which the type has no default. */
	create(type: string, name: string, data: Record<string, unknown>): Promise<Credential> {
		return this.rest.post('/credentials', credential, { type, name, data });
	}

	/** Every stored credential. */
	list(): Promise<Credential[]> {
		return this.rest.get('/credentials', z.array(credential));
	}

	/** A credential as the editor gets it: password fields hold n8n's blank value. */
	get(id: string): Promise<CredentialWithData> {
		return this.rest.get(`/credentials/${id}?includeData=true`, withData);
	}

	/** Changes some of a credential's values; the others stay. */
	async update(id: string, changes: Record<string, unknown>): Promise<Credential> {
		const { name, type, data } = await this.get(id);
		const body = { name, type, data: { ...data, ...changes } };
		return await this.rest.patch(`/credentials/${id}`, credential, body);
	}

	/** Runs the credential's test as the editor does after "Save". */
	async test(id: string): Promise<CredentialTestResult> {
		const { name, type, data } = await this.get(id);
		const credentials = { id, name, type, data };
		return await this.rest.post('/credentials/test', testResult, { credentials });
	}

	async delete(id: string): Promise<void> {
		await this.rest.delete(`/credentials/${id}`, z.unknown());
	}
}
