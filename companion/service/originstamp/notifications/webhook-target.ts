import { isIP } from 'node:net';

import { isPublicAddress } from './address-guard.ts';
import { privateTarget } from './guarded-lookup.ts';

/** Longer ones are no address of a page. */
const maxTargetCharacters = 2_048;
/** Space and controls, which a URL parser drops or moves silently: the target must be what the sender sees. */
const invisible = /[\s\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
/** Names of this computer and of its network, which no public name server answers. */
const localName = /(^|\.)(localhost|local|internal|home\.arpa)\.?$/i;

/**
 * Why a webhook cannot go to `target`, as far as its text tells; undefined when it can. Where a name leads is checked
 * again with every connection.
 */
export function refuseTarget(target: string, allowsPrivate: boolean): string | undefined {
  if (target.length > maxTargetCharacters) {
    return `The target has ${target.length} characters; expected at most ${maxTargetCharacters}.`;
  }
  const url = invisible.test(target) ? undefined : URL.parse(target);
  if (!url || !/^https?:$/.test(url.protocol) || url.hostname === '') {
    return 'The target is no http or https address without spaces, such as https://hooks.example/path.';
  }
  if (url.username !== '' || url.password !== '') {
    return 'The target holds a user or a password. Put a secret into its path or query instead.';
  }
  if (allowsPrivate) return undefined;
  const address = addressOf(url);
  const isPrivate = address === undefined ? localName.test(url.hostname) : !isPublicAddress(address);
  return isPrivate ? privateTarget().message : undefined;
}

/** The IP address that stands in the URL in place of a name: the parser has brought every spelling to the usual one. */
export function addressOf({ hostname }: URL): string | undefined {
  const text = hostname.replace(/^\[(.*)\]$/, '$1');
  return isIP(text) === 0 ? undefined : text;
}

/** What the target's webhooks queue behind: its host, without the port, for all ports are one computer's. */
export function laneOf(target: string): string {
  return new URL(target).hostname.replace(/\.$/, '');
}
