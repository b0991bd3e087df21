/** What `initialize-user` may answer with null: AIR's documents say that each field of it may be. */
export const accountFields = ['userId', 'did', 'publicKey', 'status', 'signingKey'] as const;
export type AccountField = (typeof accountFields)[number];
