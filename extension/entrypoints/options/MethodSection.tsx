import { methodTexts } from '../../ui/method.ts';
import { ChoiceSection } from './ChoiceSection.tsx';
import type { OptionsStore } from './store.ts';

/** What leaves this computer when something is stamped. */
export function MethodSection({ store }: { store: OptionsStore }) {
  return (
    <ChoiceSection
      id="method"
      title="How you stamp"
      question="How you stamp"
      texts={methodTexts}
      chosen={store.method.data.value}
      problem={store.actions.problemOf('method') ?? store.method.error.value}
      onChoose={(choice) => void store.setMethod(choice)}
    >
      It holds until you choose otherwise, here or in the popup. The menu on a page also offers{' '}
      <em>hash only</em> for once.
    </ChoiceSection>
  );
}
