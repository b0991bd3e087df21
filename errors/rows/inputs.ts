import { input, type AirErrorRow } from './AirErrorRow';

/** Parameters and settings that are refused before anything is sent. */
export const inputErrors = {
	AIR_RECIPIENT_INVALID: input({
		title: 'The recipient is not a valid e-mail address',
		advice:
			'Set the recipient to exactly one e-mail address: the one that owns the person’s AIR account. Check which field of the incoming item holds it.',
	}),
	AIR_RECIPIENT_TYPED: input({
		title: 'Several items would go to one typed e-mail address',
		advice:
			'Open the node and drag the e-mail field from the input onto Recipient Email, so that each item has its own. If one person really should get them all, add the option Same Recipient for All Items. Nothing was sent.',
	}),
	AIR_PROGRAM_INVALID: input({
		when: 'Empty, or with spaces',
		title: 'The issuance program is not valid',
		advice:
			'Copy the Program ID from the AIR dashboard under Issuer → Programs. AIR calls this field credentialId.',
	}),
	AIR_ISSUER_DID_INVALID: input({
		when: 'Empty, or it does not start with did:',
		title: 'The issuer DID is not valid',
		advice:
			'Copy the Issuer DID from the AIR dashboard under Accounts → General into the credential, or set it in the options of the node.',
	}),
	AIR_SUBJECT_INVALID: input({
		when: 'Not an object of claims, or it holds an id or a value that JSON cannot carry',
		title: 'The credential subject is not valid',
		advice:
			'Compare the attributes with the schema of the issuance program: names and types must be the same. Leave id out: AIR fills in the holder itself.',
	}),
	AIR_SCHEMA_INVALID: input({
		when: 'It cannot be read, or holds what cannot be checked',
		title: 'The example or JSON Schema of the credential subject is not valid',
		advice:
			'Open the node. Paste one example of a subject, e.g. {"tier": "Gold"}, or the JSON Schema of the credential: a $ref has to stay within its $defs or definitions, and what cannot be checked is refused. Remove what is named, or choose Using Fields Below.',
	}),
	AIR_HASH_INVALID: input({
		when: 'Empty, or with spaces',
		title: 'The core claim hash is not valid',
		advice:
			'Use the field coreClaimHash that Moca AIR Issue on Behalf gave out, e.g. {{ $json.coreClaimHash }}. What was issued directly has none: Moca AIR Get Issuance Status takes its storagePath.',
	}),
	AIR_EXPRESSION_FAILED: input({
		title: 'An expression of this node cannot be evaluated',
		advice:
			'Open the node and look at the named field. If it reads an earlier node with .item, a node between does not tell n8n which item belongs to which: drag the field from the input of this node, and let the nodes between keep it.',
	}),
	AIR_SETTING_INVALID: input({
		when: 'Out of range',
		title: 'A setting is not valid',
		advice: 'Correct the named field in the credential or in the node.',
	}),
	AIR_TOOL_AUTOMATIC: input({
		title: 'As a tool of an AI agent, Map Automatically is not allowed: choose Map Each Field',
		advice:
			'The item of a tool holds the fields of the agent’s own item, with the arguments of the model over them, and nothing says which is which. Open the tool, set Credential Subject to Map Each Field or Using Fields Below, and let the model fill in the fields that it may choose. Nothing was sent.',
	}),
	AIR_TOOL_READS_ITEM: input({
		when: 'e.g. {{ $json.email }}',
		title: 'As a tool of an AI agent, no field may read the incoming item',
		advice:
			"The model’s arguments lie over the fields of the agent’s own item, so that the model could choose what $json gives. Open the tool: for what the model may choose, click the button that lets it fill in the field, which writes $fromAI; for what the workflow knows, name the node, e.g. {{ $('Webhook').item.json.body.email }}. Nothing was sent.",
	}),
	AIR_TOOL_SEVERAL_ITEMS: input({
		when: "e.g. {{ $('Webhook').item.json.email }}",
		title: 'The tool of an AI agent reads one of several items, and cannot tell which',
		advice:
			"n8n would give it the first item, which may be another person’s. Give the agent one item at a time: put it into a workflow of its own, call that with Execute Sub-workflow and Mode Run once for each item, and name its trigger, e.g. {{ $('When Executed by Another Workflow').item.json.email }}. Or let the model fill in the field. Nothing was sent.",
	}),
	AIR_TOOL_HIDES_ANSWER: input({
		when: 'On Error is Continue (using error output)',
		title:
			'As a tool of an AI agent, the node would give its answer where the agent does not see it',
		advice:
			'An agent does not see what a tool puts there, neither success nor failure, and may call it again. Open the settings of the tool and set On Error to Continue. Nothing was sent.',
	}),
	AIR_BASE_URL_INVALID: input({
		title: 'The base URL is not valid',
		advice:
			'Open the credential. A base URL looks like https://api.sandbox.mocachain.org/v1, without a user name, query or #fragment.',
	}),
	AIR_TARGET_NOT_HTTPS: input({
		when: 'The base URL or JWKS URL',
		title: 'The address does not start with https://',
		advice:
			'Tokens must not travel unencrypted. Use the https:// address. For a test system on a private address the operator of n8n can set MOCA_AIR_ALLOW_PRIVATE_URLS=true.',
	}),
	AIR_TARGET_PRIVATE: input({
		when: 'A private, loopback or link-local address, or a name that resolves to one',
		title: 'The address points into a private network',
		advice:
			'AIR is on the public internet, so this is refused to protect your network. If it is intended, e.g. for an emulator, the operator of n8n sets MOCA_AIR_ALLOW_PRIVATE_URLS=true and restarts n8n.',
	}),
	AIR_JWKS_URL_INVALID: input({
		title: 'The JWKS URL is not valid',
		advice:
			'Open the credential. JWKS URL takes the full address that you registered in the AIR dashboard, e.g. https://example.com/.well-known/jwks.json, or nothing.',
	}),
	AIR_JWKS_UNREADABLE: input({
		title: 'The JWKS URL does not serve a key set',
		advice:
			'Open the address in a browser: it has to show {"keys": [ … ]} without a login or a redirect. AIR fetches the very same address: compare it with the one in the AIR dashboard under Accounts → General → JWKS URL.',
	}),
	AIR_JWKS_KID_MISSING: input({
		title: 'Your JWKS has no key with the Key ID of this credential',
		advice:
			'Publish the public half of this private key under that kid, or correct Key ID in the credential (empty means the partner ID).',
	}),
	AIR_JWKS_OTHER_KEY: input({
		title: 'Your JWKS publishes another key under the Key ID of this credential',
		advice:
			'Wrong key: paste the private key that belongs to the published one, or publish the public half of this private key.',
	}),
	AIR_JWKS_LEAKS: input({
		title: 'Your JWKS publishes a PRIVATE key',
		advice:
			'Anyone can issue in your name with it. Make a new key pair now, publish only its public half under a new kid, put it into the credential, and remove the old key from the JWKS.',
	}),
	AIR_CREDENTIAL_OTHER_ORIGIN: input({
		title: 'The credential only signs requests to its own AIR base URL',
		advice:
			'Call the address that is set in the credential. A Partner JWT must not reach another host: anyone who holds it can issue in your name.',
	}),
	AIR_RECIPIENT_HEADER_MISSING: input({
		when: 'In the HTTP Request node',
		title: 'The request does not say who the recipient is',
		advice:
			'Add the header x-moca-air-recipient with the e-mail address of the recipient. It is signed into the Partner JWT and is itself never sent.',
	}),
	AIR_LIBRARY_MISSING: input({
		title: 'The package is not installed completely',
		advice:
			'Install n8n-nodes-moca-air again (Settings → Community nodes) and restart n8n. It needs Node 22.19 or newer.',
	}),
} satisfies Record<string, AirErrorRow>;
