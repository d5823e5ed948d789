import { describe, expect, it } from 'vitest';

import { chainPresets } from '../../../extension/issuers/chain-presets.ts';
import {
  emptyDraft,
  type IssuerDraft,
  readDraft,
  toDraft,
  toTexts,
} from '../../../extension/issuers/issuer-draft.ts';
import { originsOf } from '../../../extension/issuers/issuer-schema.ts';
import { fakeContract } from '../../helpers/fake-chain.ts';

const good: IssuerDraft = {
  ...emptyDraft,
  name: ' University of Example ',
  chainId: '8453',
  chainName: 'Base',
  contract: fakeContract,
  startBlock: '12',
  rpcUrls: 'https://rpc-a.test/key\n\n  https://rpc-b.test:8443/ ',
  gatewayUrl: 'https://gateway.test/ipfs',
  explorerTxUrl: '',
};

describe('readDraft', () => {
  it('should make an issuer of it, and the issuer a draft again', () => {
    const read = readDraft(good);
    const issuer = {
      name: 'University of Example',
      chainId: 8453,
      chainName: 'Base',
      isLocal: false,
      contract: fakeContract,
      startBlock: 12,
      rpcUrls: ['https://rpc-a.test/key', 'https://rpc-b.test:8443/'],
      gatewayUrl: 'https://gateway.test/ipfs/',
      finality: { kind: 'tag', tag: 'finalized' },
    };
    expect(read).toEqual({ issuer });
    if ('issuer' in read) expect(readDraft(toDraft(read.issuer))).toEqual(read);
  });

  it('should keep the wallet that an issuer sends from', () => {
    const wallet = '0x00000000000000000000000000000000000000Bb';
    const read = readDraft({ ...good, wallet: ` ${wallet} ` });
    expect(read).toMatchObject({ issuer: { wallet } });
    if ('issuer' in read) expect(readDraft(toDraft(read.issuer))).toEqual(read);
  });

  it('should know a chain that one computer runs by its number', () => {
    expect(readDraft({ ...good, chainId: '4774000123' })).toMatchObject({ issuer: { isLocal: true } });
  });

  it('should name the field of everything that is wrong', () => {
    const read = readDraft({ ...emptyDraft, startBlock: '1e3', finality: 'confirmations', blocks: '0' });
    expect(Object.keys('problems' in read ? read.problems : {}).sort()).toEqual(
      ['blocks', 'chainId', 'chainName', 'contract', 'gatewayUrl', 'name', 'rpcUrls', 'startBlock'].sort(),
    );
  });

  it.each<[keyof IssuerDraft, string]>([
    ['contract', '0x12'],
    ['wallet', '0x12'],
    ['chainId', '-1'],
    ['chainId', '0x1'],
    ['startBlock', '1.5'],
    ['rpcUrls', 'http://rpc.test/'],
    ['rpcUrls', 'https://name:word@rpc.test/'],
    ['rpcUrls', 'https://rpc.test/ https://rpc.test/'],
    ['rpcUrls', 'ftp://rpc.test/'],
    ['gatewayUrl', 'gateway.test'],
    ['explorerTxUrl', 'javascript:alert(1)'],
  ])('should refuse %s %j', (field, text) => {
    const read = readDraft({ ...good, [field]: text });
    expect('problems' in read && Object.keys(read.problems)).toEqual([field]);
  });

  it.each(['http://127.0.0.1:8545/', 'http://localhost:8545', 'http://[::1]:8545/'])(
    'should take %s, which does not leave the computer',
    (url) => expect(readDraft({ ...good, rpcUrls: url })).toHaveProperty('issuer'),
  );

  it.each(chainPresets)('should need no more of $chainName than what differs', (preset) => {
    expect(readDraft({ ...good, ...toTexts(preset) })).toMatchObject({ issuer: preset });
  });
});

describe('originsOf', () => {
  it('should name each host once, without port and path', () => {
    const rpcUrls = ['https://rpc.test/key', 'https://rpc.test:8443/other', 'http://127.0.0.1:8545/'];
    expect(originsOf({ rpcUrls, gatewayUrl: 'https://gateway.test/ipfs/' })).toEqual([
      'https://rpc.test/*',
      'http://127.0.0.1/*',
      'https://gateway.test/*',
    ]);
  });
});
