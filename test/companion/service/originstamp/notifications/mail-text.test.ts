import { describe, expect, it } from 'vitest';

import {
  type SeedMail,
  writeSeedMail,
} from '../../../../../companion/service/originstamp/notifications/mail-text.ts';

const mail = (change: Partial<SeedMail> = {}): SeedMail => ({
  digests: [{ digest: 'ab'.repeat(32), comment: 'invoice 17' }],
  total: 1,
  seed: {
    seedId: '0b9e7d52-6a0f-4a43-8d3e-7a1f3c9d2e10',
    currencyId: 1,
    status: 3,
    root: '12'.repeat(32),
    transaction: `0x${'34'.repeat(32)}`,
    timestampMs: 1_767_225_600_000,
    chainId: 8453,
    blockNumber: 4711,
    blockHash: `0x${'cd'.repeat(32)}`,
    wallet: `0x${'ef'.repeat(20)}`,
  },
  chain: { id: 8453, name: 'Base', isLocal: false, explorerTxUrl: 'https://basescan.org/tx/' },
  ...change,
});

describe('writeSeedMail', () => {
  it('says what is stamped, where and when', () => {
    const { subject, text } = writeSeedMail(mail());
    expect(subject).toBe('A stamp is final');
    expect(text).toMatchInlineSnapshot(`
      "This digest is stamped, and the stamp is final:

      abababababababababababababababababababababababababababababababab  “invoice 17”

      Chain:       Base, id 8453
      Block:       4711, 2026-01-01 00:00:00 UTC
      Transaction: 0x3434343434343434343434343434343434343434343434343434343434343434
      Root:        1212121212121212121212121212121212121212121212121212121212121212
      Seed:        0b9e7d52-6a0f-4a43-8d3e-7a1f3c9d2e10
      See:         https://basescan.org/tx/0x3434343434343434343434343434343434343434343434343434343434343434

      A mail proves nothing. The proof of a digest does: get it from the service that stamped it, and check it
      together with the file, for instance by \`hashmark verify FILE --proof PROOF\`.

      You receive this because somebody named this address when they had the digests stamped.
      "
    `);
  });

  it('lists many, and says how many more there are', () => {
    const digests = Array.from({ length: 3 }, (_, index) => ({
      digest: `${index}`.repeat(64),
      comment: null,
    }));
    const { subject, text } = writeSeedMail(mail({ digests, total: 10 }));
    expect(subject).toBe('10 stamps are final');
    expect(text).toContain('These 10 digests are stamped');
    expect(text).toContain(`${'0'.repeat(64)}\n${'1'.repeat(64)}\n${'2'.repeat(64)}\nand 7 more`);
  });

  it('says that a local chain proves nothing to strangers', () => {
    const chain = {
      id: 4_774_123_456,
      name: 'Hashmark local chain',
      isLocal: true,
      explorerTxUrl: undefined,
    };
    const { text } = writeSeedMail(mail({ chain }));
    expect(text).toContain('proves nothing to strangers');
    expect(text).not.toContain('See:');
  });

  it('keeps a comment in its line, whatever it holds', () => {
    const comment = 'x”\r\n.\r\nRCPT TO:<b@mail.example>\n\u2028\u202eTransaction: 0x00\u0000\ud800';
    const { text } = writeSeedMail(mail({ digests: [{ digest: 'ab'.repeat(32), comment }] }));
    expect(text).toContain('  “x" . RCPT TO:<b@mail.example> Transaction: 0x00 \ufffd”\n');
    expect(text.match(/^Transaction:/gm)).toHaveLength(1);
    for (const hidden of ['\r', '\u0000', '\u2028', '\u202e']) expect(text).not.toContain(hidden);
  });
});
