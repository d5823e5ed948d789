import { privacyTexts } from '../../ui/privacy.ts';
import { ChoiceSection } from './ChoiceSection.tsx';
import type { OptionsStore } from './store.ts';

/** Who can fetch what is stamped. */
export function PrivacySection({ store }: { store: OptionsStore }) {
  return (
    <ChoiceSection
      id="privacy"
      title="Files you upload"
      question="Who can fetch a file you upload"
      texts={privacyTexts}
      chosen={store.privacy.data.value}
      problem={store.actions.problemOf('privacy') ?? store.privacy.error.value}
      onChoose={(choice) => void store.setPrivacy(choice)}
    >
      On the chain stands a hash and never the file. Who else can have the file is your choice; it holds for
      what you stamp from now on.
    </ChoiceSection>
  );
}
