import type { Method } from '../../stamping/method.ts';
import { methodTexts } from '../../ui/method.ts';
import type { PopupStore } from './store.ts';

const choices: Method[] = ['upload', 'hash-only'];

/** How the page will be stamped: with its file, or with nothing but its digest. */
export function StampMethod({ store }: { store: PopupStore }) {
  const chosen = store.method.data.value;
  if (!chosen) return null;
  return (
    <fieldset class="stamp-method">
      <legend class="visually-hidden">How to stamp</legend>
      {choices.map((choice) => (
        <label key={choice}>
          <input
            class="visually-hidden"
            type="radio"
            name="method"
            value={choice}
            checked={chosen === choice}
            onChange={() => void store.setMethod(choice)}
          />
          <span>{methodTexts[choice].name}</span>
        </label>
      ))}
    </fieldset>
  );
}
