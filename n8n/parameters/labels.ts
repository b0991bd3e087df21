/** The labels of the parameters; mapped attributes and named fields use their own names. */
const LABELS: Readonly<Record<string, string>> = {
	recipient: 'Recipient Email',
	issuanceProgram: 'Issuance Program',
	credentialType: 'Credential Type',
	schemaId: 'Schema ID',
	expiresAfterDays: 'Days',
	expiresAt: 'Date',
	disclosable: 'Claims by Choice',
	disclosure: 'Disclosure',
	ifHeld: 'If the Person Has One',
	subjectFields: 'Fields',
	subjectJson: 'JSON',
	eventId: 'Event ID',
	coreClaimHash: 'Core Claim Hash',
	options: 'Options',
	onDuplicate: 'On Duplicate',
	idempotency: 'Repeats',
	expert: 'Expert Options',
};

/**
 * What the editor calls a parameter.
 *
 * @param name - of the parameter, or a path into it
 */
export const labelOf = (name: string): string => LABELS[name] ?? name.split('.').at(-1) ?? name;
