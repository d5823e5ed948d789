import { type Browser, browser } from 'wxt/browser';

/**
 * Opens the settings after an installation, because nothing can be stamped before pairing; never after an update, which
 * finds a user at something else. Call it in the first tick.
 */
export function openSettingsAfterInstall(report: (error: unknown) => void): void {
  browser.runtime.onInstalled.addListener(({ reason }: Browser.runtime.InstalledDetails) => {
    if (reason === 'install') void browser.runtime.openOptionsPage().catch(report);
  });
}
