import { BlockList, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';

/**
 * IPv4 addresses that lead to no stranger's computer: the special-purpose registry of IANA (RFC 6890 and its successors),
 * multicast, and one address by which a cloud's machines reach their host.
 */
const specialV4: [network: string, bits: number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10], // carriers' NAT; a cloud's metadata as well
  ['127.0.0.0', 8],
  ['168.63.129.16', 32], // Azure's own services: public by its number only
  ['169.254.0.0', 16], // link-local; most clouds' metadata
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24], // relays of 6to4
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];

/**
 * Only global unicast counts as public in IPv6: loopback, link-local, unique local (`fc00::/7`), multicast, IPv4 in IPv6
 * (`::ffff:0:0/96`) and NAT64 (`64:ff9b::/96`, `64:ff9b:1::/48`) all lie outside of it.
 */
const globalV6 = blockList([['2000::', 3]], 'ipv6');

/** What is inside of global unicast and not public all the same: most of it carries an IPv4 address in its digits. */
const specialV6: [network: string, bits: number][] = [
  ['2001::', 23], // protocol assignments, Teredo among them
  ['2001:db8::', 32],
  ['2002::', 16], // 6to4
  ['3fff::', 20],
];

const refusedV4 = blockList(specialV4, 'ipv4');
const refusedV6 = blockList(specialV6, 'ipv6');

/** Whether `address`, an IP address as text, may be that of a stranger's computer. What cannot be read is not public. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !refusedV4.check(address, 'ipv4') && !isOwnAddress(address);
    case 6:
      return globalV6.check(address, 'ipv6') && !refusedV6.check(address, 'ipv6') && !isOwnAddress(address);
    default:
      return false;
  }
}

/** A server's public address leads to what listens on that server, like loopback does. */
function isOwnAddress(address: string): boolean {
  const own = new BlockList();
  for (const each of Object.values(networkInterfaces()).flat()) {
    if (each) own.addAddress(each.address, each.family === 'IPv6' ? 'ipv6' : 'ipv4');
  }
  return own.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

function blockList(networks: [network: string, bits: number][], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const [network, bits] of networks) list.addSubnet(network, bits, family);
  return list;
}
