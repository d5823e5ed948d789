import { formatUtc } from '../../../../shared/format.ts';
import type { MailedDigest } from '../../ledger/notifications.ts';
import type { ChainFacts } from '../../public/chain-facts.ts';
import type { SeedState } from '../seeds/seeds.ts';

/** What one mail tells: the digests of one seed that one address is to hear of. */
export interface SeedMail {
  /** The first ones, as many as a mail lists. */
  digests: readonly MailedDigest[];
  /** How many there are. */
  total: number;
  /** Final. */
  seed: SeedState;
  chain: ChainFacts;
}

/** Subject and text, plain. Of what users wrote, only comments are in it, each in one line and in quotes. */
export function writeSeedMail({ digests, total, seed, chain }: SeedMail): { subject: string; text: string } {
  const counted = total === 1 ? 'This digest is' : `These ${total} digests are`;
  const rows: [string, string][] = [
    ['Chain', `${chain.name}, id ${chain.id}`],
    [
      'Block',
      `${seed.blockNumber}, ${seed.timestampMs === null ? 'time unknown' : formatUtc(seed.timestampMs)}`,
    ],
    ['Transaction', String(seed.transaction)],
    ['Root', String(seed.root)],
    ['Seed', seed.seedId],
  ];
  if (chain.explorerTxUrl && seed.transaction)
    rows.push(['See', `${chain.explorerTxUrl}${seed.transaction}`]);
  const text = [
    `${counted} stamped, and the stamp is final:`,
    '',
    ...digests.map(writeDigest),
    ...(total > digests.length
      ? [`and ${total - digests.length} more, too many for a mail. They are in the same seed.`]
      : []),
    '',
    ...rows.map(([name, value]) => `${`${name}:`.padEnd(13)}${value}`),
    '',
    ...(chain.isLocal
      ? ['This is the local chain of one computer: it proves nothing to strangers.', '']
      : []),
    'A mail proves nothing. The proof of a digest does: get it from the service that stamped it, and check it',
    'together with the file, for instance by `hashmark verify FILE --proof PROOF`.',
    '',
    'You receive this because somebody named this address when they had the digests stamped.',
    '',
  ].join('\n');
  return { subject: total === 1 ? 'A stamp is final' : `${total} stamps are final`, text };
}

/** `hashmark mail test` sends this one. */
export function writeTestMail(): { subject: string; text: string } {
  return {
    subject: 'A test of Hashmark',
    text: 'This is what `hashmark mail test` sends. Mail works: notifications about final stamps will arrive like this.\n',
  };
}

function writeDigest({ digest, comment }: MailedDigest): string {
  return comment === null || comment === '' ? digest : `${digest}  “${toLine(comment)}”`;
}

/** A comment as one line that can pose as no other. */
function toLine(comment: string): string {
  return comment
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/[“”]/g, '"')
    .trim();
}
