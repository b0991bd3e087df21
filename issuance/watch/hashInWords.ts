const SHOWN = 12;

/** Enough of a hash to find it in a node, on one line of a log. */
export const hashInWords = (coreClaimHash: string) =>
	`the hash ${coreClaimHash.length > SHOWN ? `that begins with ${coreClaimHash.slice(0, SHOWN)}` : coreClaimHash}`;
