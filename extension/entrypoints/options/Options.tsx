import { Wordmark } from '../../ui/parts.tsx';
import { AboutSection } from './AboutSection.tsx';
import { CompanionSection } from './CompanionSection.tsx';
import { IssuersSection } from './IssuersSection.tsx';
import { PermissionsSection } from './PermissionsSection.tsx';
import type { OptionsStore } from './store.ts';

/** The options page. */
export function Options({ store }: { store: OptionsStore }) {
  return (
    <>
      <header class="page-top">
        <Wordmark isHeading={false} />
        <h1>Settings</h1>
      </header>
      <main class="page-main">
        <CompanionSection store={store} />
        <IssuersSection store={store} />
        <PermissionsSection store={store} />
        <AboutSection version={store.version} />
      </main>
    </>
  );
}
