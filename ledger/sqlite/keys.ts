import type { Session } from './Connection';

/** `Ledger.acceptKey`. */
export function acceptKey({ run, now }: Session, realm: string, keyThumbprint: string): void {
	run(
		`INSERT INTO accepted_keys (realm, key_thumbprint, accepted_at) VALUES (?, ?, ?)
		ON CONFLICT DO UPDATE SET accepted_at = excluded.accepted_at, refused_at = NULL`,
		realm,
		keyThumbprint,
		now,
	);
}

/** `Ledger.refuseKey`. */
export function refuseKey({ run, now }: Session, realm: string, keyThumbprint: string): void {
	const noted = run(
		`UPDATE accepted_keys SET refused_at = ?
		WHERE realm = ? AND key_thumbprint = ? AND refused_at IS NULL`,
		now,
		realm,
		keyThumbprint,
	);
	if (noted.changes > 0) return;
	run('DELETE FROM accepted_keys WHERE realm = ? AND key_thumbprint = ?', realm, keyThumbprint);
}
