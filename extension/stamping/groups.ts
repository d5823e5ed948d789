import type { ChainletterClient } from '../../shared/wire/chainletter.ts';
import { announce } from '../changes.ts';
import type { Handlers } from '../messaging.ts';

/** What pages may ask about groups; all of it comes from the account, nothing is kept here. */
export function createGroupHandlers(client: () => Promise<ChainletterClient>): Handlers {
  return {
    'groups.list': async () => {
      const groups = await (await client()).listGroups();
      return groups.map(({ id, name, network, createdAt, fileCount }) => ({
        id,
        name,
        network,
        createdAt,
        fileCount: fileCount ?? 0,
      }));
    },
    'groups.create': async ({ name, network }) => {
      const group = await (await client()).createGroup(name, { network });
      announce('groups');
      return { ...group, createdAt: new Date().toISOString(), fileCount: 0 };
    },
    'groups.files': async ({ groupId }) => {
      const files = await (await client()).listFiles(groupId);
      return files.map(
        ({ cid, name, sizeBytes, mimetype, isStamped, createdAt, transaction, gatewayUrl }) => ({
          cid,
          name,
          sizeBytes,
          mimetype,
          isStamped,
          createdAt,
          transaction,
          ...(gatewayUrl ? { gatewayUrl } : {}),
        }),
      );
    },
    'groups.stamp': async ({ groupId }) => {
      const { filesStamped, transaction, isPending } = await (await client()).stamp(groupId);
      announce('groups');
      return { filesStamped, transaction, isPending };
    },
    'groups.delete-file': async ({ groupId, cid }) => {
      await (await client()).deleteFile(groupId, cid);
      announce('groups');
      return undefined;
    },
  };
}
