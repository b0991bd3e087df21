import { getCACertificates, setDefaultCACertificates } from 'node:tls';

/**
 * Lets this process trust one more authority, as NODE_EXTRA_CA_CERTS does for one that is started.
 *
 * @param ca - PEM
 * @returns takes it back
 */
export function trusting(ca: string): () => void {
	const before = getCACertificates('default');
	setDefaultCACertificates([...before, ca]);
	return () => {
		setDefaultCACertificates(before);
	};
}
