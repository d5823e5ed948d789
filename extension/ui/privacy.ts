import type { Privacy } from '../stamping/privacy.ts';

/** What a choice is called and what it means, in the words of every page. */
export const privacyTexts: Record<Privacy, { name: string; meaning: string; short: string }> = {
  private: {
    name: 'Only you',
    meaning: 'The file stays with your account. The proof works for anybody to whom you give the file.',
    short: 'Private: only you can fetch the file',
  },
  public: {
    name: 'Public',
    meaning: 'Anybody who knows the CID can fetch the file from the service’s gateway.',
    short: 'Public: anybody with the CID can fetch it',
  },
};
