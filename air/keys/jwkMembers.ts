/** Members that make a key private (RFC 7518, 6.2.2, 6.3.2, 6.4.1). */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'] as const;

/**
 * Which private members a JWK has. Any at all in a published one means that whoever fetched it can
 * issue in this partner's name.
 */
export function privateMembers(jwk: object): string[] {
	return PRIVATE_MEMBERS.filter((member) => member in jwk);
}
