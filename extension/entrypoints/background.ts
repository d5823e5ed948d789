import { defineBackground } from 'wxt/utils/define-background';

import { companionHandlers } from '../companion/companion.ts';
import { openSettingsAfterInstall } from '../first-run.ts';
import { issuerHandlers } from '../issuers/issuers.ts';
import { startMenus } from '../menus.ts';
import { answer } from '../messaging.ts';
import { openReportOnClick } from '../notifications.ts';
import { createStamping } from '../stamping/stamping.ts';
import { refreshMirror, startVerifying, verifyingHandlers } from '../verifying/background.ts';

// Wiring only, and all of it in the first tick: a worker is woken only for listeners that are there by then.
export default defineBackground(() => {
  const stamping = createStamping(refreshMirror);
  answer({ ...companionHandlers, ...issuerHandlers, ...stamping.handlers, ...verifyingHandlers });
  startMenus(stamping.actions, (error) => console.warn('Hashmark: a menu action failed', error));
  openSettingsAfterInstall((error) => console.warn('Hashmark: the settings could not be opened', error));
  openReportOnClick(stamping.openJobReport);
  stamping.start();
  startVerifying();
});
