/** Fields that `initialize-user` may answer with null: AIR's documents say that each field may be null. */
export const accountFields = ['userId', 'did', 'publicKey', 'status', 'signingKey'] as const;
export type AccountField = (typeof accountFields)[number];
