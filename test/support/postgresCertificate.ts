import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import type { ServerCertificate } from './postgres';

/** One value of DER. */
function der(tag: number, ...content: Buffer[]): Buffer {
	const body = Buffer.concat(content);
	const length =
		body.length < 128
			? [body.length]
			: body.length < 256
				? [0x81, body.length]
				: [0x82, body.length >> 8, body.length & 0xff];
	return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

const sequence = (...content: Buffer[]) => der(0x30, ...content);
const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'));
const integer = (value: number) => der(0x02, Buffer.from([value]));
const time = (at: Date) =>
	der(0x18, Buffer.from(`${at.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`));
const TRUE = der(0x01, Buffer.from([0xff]));

const ECDSA_WITH_SHA256 = sequence(oid('2a8648ce3d040302'));
const COMMON_NAME = oid('550403');
const BASIC_CONSTRAINTS = oid('551d13');
const SUBJECT_ALT_NAME = oid('551d11');

const DAY_MS = 86_400_000;

export interface CertificateOptions {
	/** The DNS name of the certificate; it has no IP address. */
	readonly name?: string;
	/** The lifetime from now, in milliseconds; below 0 for an expired one. */
	readonly expiresInMs?: number;
}

/**
 * Makes a self-signed certificate for `localhost` or another name: Node can read certificates but not
 * make them, and a machine may not have openssl.
 */
export function certificateForLocalhost({
	name: dnsName = 'localhost',
	expiresInMs = DAY_MS,
}: CertificateOptions = {}): ServerCertificate {
	const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
	// Distinguishes several trusted certificates.
	const name = sequence(
		der(0x31, sequence(COMMON_NAME, der(0x0c, Buffer.from(`moca-air test ${randomUUID()}`)))),
	);
	const end = Date.now() + expiresInMs;
	const validity = sequence(time(new Date(end - 2 * DAY_MS)), time(new Date(end)));
	const extensions = sequence(
		sequence(BASIC_CONSTRAINTS, TRUE, der(0x04, sequence(TRUE))),
		sequence(SUBJECT_ALT_NAME, der(0x04, sequence(der(0x82, Buffer.from(dnsName))))),
	);
	const signed = sequence(
		der(0xa0, integer(2)),
		integer(1),
		ECDSA_WITH_SHA256,
		name,
		validity,
		name,
		publicKey.export({ type: 'spki', format: 'der' }),
		der(0xa3, extensions),
	);
	const signature = der(0x03, Buffer.from([0]), sign('sha256', signed, privateKey));
	const bytes = sequence(signed, ECDSA_WITH_SHA256, signature).toString('base64');
	const lines = bytes.match(/.{1,64}/g) ?? [];
	return {
		cert: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
		key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
	};
}
