import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';

import { openDatabase } from '../../../../companion/service/ledger/database.ts';
import { createFolder } from '../../../helpers/create-folder.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = createFolder();
  path = join(folder, 'ledger.sqlite');
});

describe('openDatabase', () => {
  it('should name a file that is no database, say what to do, and leave it as it is', () => {
    writeFileSync(path, 'x'.repeat(5_000));
    expect(() => openDatabase(path, [])).toThrow(
      expect.objectContaining({
        code: 'ledger-unreadable',
        message: expect.stringMatching(/ledger\.sqlite cannot be opened: .*backup/),
      }),
    );
    expect(readFileSync(path, 'utf8')).toBe('x'.repeat(5_000));
  });

  it('should refuse the file of a newer version', async () => {
    await openDatabase(path, ['CREATE TABLE a (b);', 'CREATE TABLE c (d);']).close();
    expect(() => openDatabase(path, ['CREATE TABLE a (b);'])).toThrow(
      expect.objectContaining({ code: 'ledger-newer', message: expect.stringContaining(path) }),
    );
  });
});
