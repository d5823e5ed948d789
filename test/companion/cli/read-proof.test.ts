import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createCertificate } from '../../../companion/service/originstamp/certificate/certificate.ts';
import { makeEvidence } from '../../helpers/certificate-evidence.ts';
import { runHashmark } from '../../helpers/hashmark-command.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hashmark-read-proof-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Its table says of every part between two places that it lies a byte further on than it does. */
function shift(pdf: Buffer): Buffer {
  const text = pdf.toString('latin1');
  const [, secondPage] = [...text.matchAll(/\n\d+ 0 obj\n<<\n\/Type \/Page\n/g)];
  if (!secondPage) throw new Error('The certificate has one page only.');
  const until = text.indexOf('endobj', secondPage.index) + 'endobj'.length;
  const from = 5_000;
  return Buffer.concat([
    pdf.subarray(0, from),
    pdf.subarray(from + 1, until),
    Buffer.from(' '),
    pdf.subarray(until),
  ]);
}

describe('a proof in a damaged PDF', () => {
  it('should be read, or refused, and never end the process in between', async () => {
    const evidence = makeEvidence();
    const path = join(folder, 'damaged.pdf');
    writeFileSync(path, shift(Buffer.from(await createCertificate(evidence))));
    const { code, stdout, stderr } = await runHashmark([
      'verify',
      evidence.digest,
      '--proof',
      path,
      '--json',
      '--home',
      join(folder, 'home'),
    ]);
    expect(stderr).toBe('');
    // Without a companion nobody is trusted, and no chain is read.
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'unchecked' });
  });
});
