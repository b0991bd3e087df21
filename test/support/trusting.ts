import { getCACertificates, setDefaultCACertificates } from 'node:tls';

/**
 * Lets this process trust one more authority, as NODE_EXTRA_CA_CERTS does for a new process.
 *
 * @param ca - PEM
 * @returns undoes it
 */
export function trusting(ca: string): () => void {
	const before = getCACertificates('default');
	setDefaultCACertificates([...before, ca]);
	return () => {
		setDefaultCACertificates(before);
	};
}
