import { row, type AirErrorRow } from './AirErrorRow';

/** Failures between here and AIR, before an answer is read. */
export const transportErrors = {
	AIR_CONNECTION_REFUSED: row('not-sent', true, {
		title: 'AIR could not be reached: the connection was refused',
		advice:
			'Check the base URL and port in the credential, and whether a firewall or proxy stands between n8n and AIR. Nothing was sent.',
	}),
	AIR_DNS: row('not-sent', true, {
		title: 'AIR could not be reached: the host name is unknown',
		advice:
			'Check the spelling of the base URL in the credential, and the DNS of the machine that n8n runs on. Nothing was sent.',
	}),
	AIR_TLS: row('not-sent', false, {
		when: 'Certificate expired, self-signed, or for another host',
		title: 'No secure connection to AIR could be made',
		advice:
			'The certificate was not accepted. Check the base URL and the clock of this machine; behind a company proxy, give Node its certificate with NODE_EXTRA_CA_CERTS. Nothing was sent.',
	}),
	AIR_CONNECT_TIMEOUT: row('not-sent', true, {
		title: 'AIR could not be reached in time',
		advice:
			'No connection could be made. Check firewall and proxy between n8n and AIR, then try again. Nothing was sent.',
	}),
	AIR_CONNECT_FAILED: row('not-sent', true, {
		when: 'Any other failure before the request was written, e.g. no route',
		title: 'AIR could not be reached',
		advice: 'Check the network between n8n and AIR, then try again. Nothing was sent.',
	}),
	AIR_PROXY: row('not-sent', true, {
		when: 'It refuses, or cannot be reached',
		title: 'The proxy did not let the request through to AIR',
		advice:
			'Check the proxy variables of n8n (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY) and whether the proxy allows AIR. Nothing was sent.',
	}),
	AIR_PROXY_ADDRESS: row('not-sent', false, {
		when: 'Not an http or https proxy, e.g. socks5://…',
		title: 'The address of the proxy cannot be used',
		advice:
			'Set the proxy variable of n8n (HTTPS_PROXY, HTTP_PROXY or ALL_PROXY) to an address such as http://proxy.example.com:3128. Proxies over http and https are supported, SOCKS is not; NO_PROXY lists hosts that need none. Nothing was sent.',
	}),
	AIR_CONNECTION_LOST: row('outcome-unknown', true, {
		when: 'After the request was written',
		title: 'The connection to AIR broke before its answer arrived',
		advice: 'Check the network and the proxies between n8n and AIR if this happens often.',
	}),
	AIR_TIMEOUT: row('outcome-unknown', true, {
		when: 'Not within Request Timeout',
		title: 'AIR did not answer in time',
		advice:
			'Set Request Timeout in the options of the node higher if AIR is often as slow as this.',
	}),
	AIR_ANSWER_TOO_LARGE: row('outcome-unknown', false, {
		title: 'The answer is far too large to come from AIR',
		advice: 'Something else answers at this address. Check the base URL in the credential.',
	}),
	AIR_CANCELLED: row('cancelled', false, {
		title: 'Cancelled before anything was sent',
		advice: 'Nothing was sent for this item. Run the workflow again to go on.',
	}),
	AIR_CANCELLED_IN_FLIGHT: row('outcome-unknown', false, {
		title: 'Cancelled while AIR was working on it',
		advice:
			'Look into the log of n8n: it says how the request ended, if AIR answered within 5 seconds. If it does not, look the recipient up in the AIR dashboard (Issuer → Claim Records).',
	}),
} satisfies Record<string, AirErrorRow>;
