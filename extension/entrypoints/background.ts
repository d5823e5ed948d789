import { defineBackground } from 'wxt/utils/define-background';

import { companion, companionHandlers } from '../companion/companion.ts';
import { openSettingsAfterInstall } from '../first-run.ts';
import { esploraHandlers } from '../issuers/esplora.ts';
import { issuerHandlers } from '../issuers/issuers.ts';
import { log } from '../log.ts';
import { startMenus } from '../menus.ts';
import { answer } from '../messaging.ts';
import { openReportOnClick } from '../notifications.ts';
import { createBulk } from '../stamping/bulk/bulk-background.ts';
import { createStamping } from '../stamping/stamping.ts';
import { recheckPages, refreshMirror, startVerifying, verifyingHandlers } from '../verifying/background.ts';

// Wiring only, and all of it in the first tick: a worker is woken only for listeners that are there by then.
export default defineBackground(() => {
  const stamping = createStamping({ onStamped: refreshMirror, onProof: recheckPages });
  const bulk = createBulk(recheckPages);
  answer({
    ...companionHandlers,
    ...issuerHandlers,
    ...esploraHandlers,
    ...stamping.handlers,
    ...bulk.handlers,
    ...verifyingHandlers,
  });
  startMenus(
    stamping.actions,
    () => companion().costlyChain(),
    (error) => log('a menu action failed', error),
  );
  openSettingsAfterInstall((error) => log('the settings could not be opened', error));
  openReportOnClick(stamping.openJobReport);
  stamping.start();
  bulk.start();
  startVerifying();
});
