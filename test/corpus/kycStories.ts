import type { KycProviderName } from './kycStory';
import { personaStories } from './personaStories';
import { sumsubStories } from './sumsubStories';
import { veriffStories } from './veriffStories';
import type { Story } from './Story';

/** The events of the KYC providers, by provider. */
export const kycStories: Readonly<Record<KycProviderName, readonly Story[]>> = {
	sumsub: sumsubStories,
	persona: personaStories,
	veriff: veriffStories,
};
