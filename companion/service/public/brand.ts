import { parseCid } from '../../../shared/fingerprint/cid.ts';
import type { ServiceContext } from '../context.ts';
import { gatewayPath } from '../gateway/gateway-url.ts';
import { findHostTenant } from '../ledger/public-records.ts';
import { shareUrl } from './share-url.ts';

/** Who issues, as strangers see it. No text in it holds `< > " ' &`: a known widget inserts it as raw HTML. */
export interface Brand {
  name: string;
  /** Absolute address: there always is one. */
  logo: string;
  wideLogo: string | null;
  /** Host and path without scheme. */
  link: string;
}

/** Where our own artwork lies, for issuers without a logo. */
const defaultLogoPath = '/widget/CL-Glyph-Icon.png';

/**
 * How a tenant is shown. The settings speak of the tenant that the service's host belongs to; any other is shown by its
 * name alone.
 */
export function brandOf(
  context: Pick<ServiceContext, 'ledger' | 'settings' | 'publicUrl'>,
  tenant: { id: string; name: string },
): Brand {
  const { settings, ledger } = context;
  const origin = shareUrl(context);
  const isHost = findHostTenant(ledger.db)?.id === tenant.id;
  const own = isHost ? settings : { brandName: '', brandLogo: '', brandWideLogo: '', brandLink: '' };
  return {
    name: withoutMarkup(own.brandName || tenant.name) || 'Unnamed',
    logo: addressOf(own.brandLogo, origin) ?? `${origin}${defaultLogoPath}`,
    wideLogo: addressOf(own.brandWideLogo, origin),
    link: withoutMarkup(own.brandLink || origin.replace(/^https?:\/\//, '')),
  };
}

/** The tenant that the service's host belongs to, as strangers see it. */
export function hostBrand(context: Pick<ServiceContext, 'ledger' | 'settings' | 'publicUrl'>): Brand {
  return brandOf(context, findHostTenant(context.ledger.db) ?? { id: '', name: 'Hashmark' });
}

/** The host name that clients show, and name folders by: never with a port. */
export function tenantHost(context: Pick<ServiceContext, 'settings' | 'publicUrl'>): string {
  return context.settings.tenantHost || new URL(shareUrl(context)).hostname;
}

/** An image is given by its address, or by its CID on our own gateway. */
function addressOf(image: string, origin: string): string | null {
  if (!image) return null;
  return withoutMarkup(parseCid(image) ? `${origin}${gatewayPath(image)}` : image);
}

function withoutMarkup(text: string): string {
  return text.replace(/[<>"'&]/g, '').trim();
}
