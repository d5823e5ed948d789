import type { ServiceContext } from '../context.ts';

/**
 * Origin for links that are handed on (mailed, printed, given with a token), no trailing slash: the one that the user
 * names, else the one that clients on this computer use.
 */
export function shareUrl({ settings, publicUrl }: Pick<ServiceContext, 'settings' | 'publicUrl'>): string {
  return settings.publicUrl || publicUrl();
}
