import { Wordmark } from '../../ui/parts.tsx';
import { Toast } from '../../ui/Toast.tsx';
import { AboutSection } from './AboutSection.tsx';
import { BitcoinSection } from './BitcoinSection.tsx';
import { CompanionSection } from './CompanionSection.tsx';
import { IssuersSection } from './IssuersSection.tsx';
import { MethodSection } from './MethodSection.tsx';
import { PermissionsSection } from './PermissionsSection.tsx';
import { PrivacySection } from './PrivacySection.tsx';
import type { OptionsStore } from './store.ts';

/** The options page. */
export function Options({ store }: { store: OptionsStore }) {
  const removed = store.editor.removed.value;
  return (
    <>
      <header class="page-top">
        <Wordmark isHeading={false} />
        <h1>Settings</h1>
      </header>
      <main class="page-main">
        <CompanionSection store={store} />
        <MethodSection store={store} />
        <PrivacySection store={store} />
        <IssuersSection store={store} />
        <BitcoinSection store={store} />
        <PermissionsSection store={store} />
        <AboutSection version={store.version} />
      </main>
      {removed && (
        <Toast
          key={removed.key}
          text={`Removed ${removed.name}`}
          actionLabel="Undo"
          onAction={store.editor.undoRemove}
          onClose={store.editor.closeUndo}
        />
      )}
    </>
  );
}
