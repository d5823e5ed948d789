import type { ComponentChildren } from 'preact';

import { Notice } from '../../ui/Notice.tsx';

interface ChoiceSectionProps<Choice extends string> {
  /** Names the section, for links and for what groups the choices. */
  id: string;
  title: string;
  /** The question that the choices answer, for who does not see them under the title. */
  question: string;
  /** The choices, in their order, with what each means. */
  texts: Record<Choice, { name: string; meaning: string }>;
  /** Undefined until it is known. */
  chosen: Choice | undefined;
  problem: { message: string } | undefined;
  onChoose: (choice: Choice) => void;
  /** What stands under the title. */
  children: ComponentChildren;
}

/** A setting that is one of a few choices. */
export function ChoiceSection<Choice extends string>(props: ChoiceSectionProps<Choice>) {
  const { id, title, question, texts, chosen, problem, onChoose, children } = props;
  return (
    <section class="settings" aria-labelledby={`${id}-heading`} id={id}>
      <div class="settings-head">
        <h2 id={`${id}-heading`}>{title}</h2>
        <p class="secondary">{children}</p>
      </div>
      <div class="card settings-card stack">
        <fieldset class="choices">
          <legend class="visually-hidden">{question}</legend>
          {(Object.keys(texts) as Choice[]).map((choice) => (
            <label key={choice} class="choice">
              <input
                type="radio"
                name={id}
                value={choice}
                checked={chosen === choice}
                onChange={() => onChoose(choice)}
              />
              <span>
                <span class="choice-name">{texts[choice].name}</span>
                <span class="small secondary">{texts[choice].meaning}</span>
              </span>
            </label>
          ))}
        </fieldset>
        {problem && (
          <Notice tone="unchecked" title="Not changed" role="alert">
            {problem.message}
          </Notice>
        )}
      </div>
    </section>
  );
}
