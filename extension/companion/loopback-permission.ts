import { browser } from 'wxt/browser';

/** Where every companion listens, whatever its port: permissions know none. */
export const companionOrigins = ['http://127.0.0.1/*'];

/**
 * False when the user has taken from Hashmark what it got at its installation. Firefox offers that beside every
 * extension, Chromium under its details; without it a request to the companion fails as if nothing were there.
 */
export function mayReachCompanion(): Promise<boolean> {
  return browser.permissions.contains({ origins: companionOrigins });
}

/** Calls back when the user has given it again. Call it in the first tick of the background. */
export function onCompanionAllowed(callback: () => void): void {
  browser.permissions.onAdded.addListener(({ origins = [] }: { origins?: string[] }) => {
    if (origins.some((origin) => companionOrigins.includes(origin))) callback();
  });
}
