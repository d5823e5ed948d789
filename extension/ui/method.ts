import type { Method } from '../stamping/method.ts';

/** What a choice is called and what it means, in the words of every page. */
export const methodTexts: Record<Method, { name: string; meaning: string; short: string }> = {
  upload: {
    name: 'Upload and stamp',
    meaning:
      'The file goes to your account and is stamped in a group. Whoever knows the issuer can check it by its CID.',
    short: 'The file goes to your account.',
  },
  'hash-only': {
    name: 'Hash only',
    meaning:
      'Only the digest leaves this computer, never the file, its name or its address. The proof needs the file: it is saved to your downloads.',
    short: 'Only the digest leaves this computer. Keep the file: it goes to your downloads.',
  },
};
