import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { openLedger } from '../../../../companion/service/ledger/database.ts';
import { countFiles, deleteFile, listFiles, putFile } from '../../../../companion/service/ledger/files.ts';
import { adoptNetwork, insertGroup, listGroups } from '../../../../companion/service/ledger/groups.ts';
import { putTenant } from '../../../../companion/service/ledger/tenants.ts';

const step = fc.oneof(
  fc.record({
    kind: fc.constant('put' as const),
    group: fc.nat(1),
    cid: fc.nat(4),
    sizeBytes: fc.nat(1_000),
    network: fc.constantFrom('public', 'private', 'none', null),
  }),
  fc.record({ kind: fc.constant('delete' as const), group: fc.nat(1), cid: fc.nat(4) }),
  fc.record({
    kind: fc.constant('adopt' as const),
    group: fc.nat(1),
    network: fc.constantFrom('public' as const, 'private' as const),
  }),
);

describe('the totals of live files', () => {
  it('are what counting the files would give, whatever happened to them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const ledger = openLedger(':memory:');
        const { db } = ledger;
        const groups = await ledger.write(() => {
          putTenant(db, { id: 'acme', name: 'Acme', apiKey: 'k', secretKey: 's' }, 0);
          return ['a', 'b'].map((name) => insertGroup(db, { tenantId: 'acme', name, network: null }, 0));
        });
        const refOf = (index: number) => groups[index]?.ref as number;
        for (const change of steps) {
          await ledger.write(() => {
            if (change.kind === 'adopt') {
              adoptNetwork(db, refOf(change.group), change.network);
            } else if (change.kind === 'put') {
              const { sizeBytes, network } = change;
              const file = {
                cid: String(change.cid),
                digest: null,
                name: 'f',
                mimetype: 'a/b',
                sizeBytes,
                network,
              };
              putFile(db, { ...file, groupRef: refOf(change.group) }, 0);
            } else {
              const file = listFiles(db, refOf(change.group), true).find(
                ({ cid }) => cid === String(change.cid),
              );
              if (file) deleteFile(db, file.ref, 1);
            }
          });
        }
        const live = groups.flatMap(({ ref }) => listFiles(db, ref));
        for (const network of [undefined, 'public', 'private', 'none'] as const) {
          for (const groupRef of [undefined, refOf(0), refOf(1)]) {
            const counted = live.filter(
              (file) =>
                (network === undefined || (file.network ?? 'public') === network) &&
                (groupRef === undefined || file.groupRef === groupRef),
            );
            expect(countFiles(db, 'acme', { network, groupRef, provisional: 'public' })).toEqual({
              files: counted.length,
              bytes: counted.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
            });
          }
        }
        expect(listGroups(db, 'acme').map(({ fileCount }) => fileCount)).toEqual(
          groups.map(({ ref }) => listFiles(db, ref).length),
        );
        await ledger.close();
      }),
      { numRuns: 60 },
    );
  });
});
