/**
 * Whether an ID looks like a schema ID, which is easily mistaken for an issuance program ID
 * (schema IDs in AIR's documents are 22 characters, upper case, beginning with 01). A hint, not a proof.
 *
 * @example
 * ```ts
 * looksLikeSchemaId('01KSTQK70XGFBT558HRHFB'); // true
 * ```
 */
export function looksLikeSchemaId(id: string): boolean {
	return /^01[0-9A-Z]{20}$/.test(id.trim());
}
