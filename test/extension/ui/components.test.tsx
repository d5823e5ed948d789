import { type ComponentChild, render } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Button } from '../../../extension/ui/Button.tsx';
import { ConfirmButton } from '../../../extension/ui/ConfirmButton.tsx';
import { CopyButton } from '../../../extension/ui/CopyButton.tsx';
import { JobRow } from '../../../extension/ui/JobRow.tsx';
import { Prose } from '../../../extension/ui/Prose.tsx';
import { makeJob } from '../../helpers/views.ts';

let root: HTMLElement;

beforeEach(() => {
  root = document.createElement('div');
  document.body.append(root);
});
afterEach(() => {
  render(null, root);
  root.remove();
});

const draw = (node: ComponentChild) => act(() => render(node, root));
const button = (name: string) => {
  const found = [...root.querySelectorAll('button')].find(
    (it) => it.textContent?.trim() === name || it.getAttribute('aria-label') === name,
  );
  if (!found) throw new Error(`There is no button ${name} in ${root.innerHTML}`);
  return found;
};
const names = () =>
  [...root.querySelectorAll('button')].map((it) => it.getAttribute('aria-label') ?? it.textContent?.trim());

describe('Button', () => {
  it.each([{ isBusy: true }, { isDisabled: true }])(
    'should take no click with %o but keep the focus',
    async (state) => {
      const onClick = vi.fn();
      await draw(
        <Button {...state} onClick={onClick}>
          Go
        </Button>,
      );
      button('Go').click();
      expect(onClick).not.toHaveBeenCalled();
      expect(button('Go').disabled).toBe(false);
      expect(button('Go').getAttribute('aria-disabled')).toBe('true');
    },
  );
});

describe('ConfirmButton', () => {
  const onConfirm = vi.fn();
  beforeEach(async () => {
    onConfirm.mockClear();
    await draw(
      <ConfirmButton question="Unpair?" confirmLabel="Yes, unpair" onConfirm={onConfirm}>
        Unpair
      </ConfirmButton>,
    );
    await act(() => button('Unpair').click());
  });

  it('should ask first, with the focus on the harmless answer', () => {
    expect(onConfirm).not.toHaveBeenCalled();
    expect(document.activeElement).toBe(button('Cancel'));
  });

  it('should act on the second click', async () => {
    await act(() => button('Yes, unpair').click());
    expect(onConfirm).toHaveBeenCalledOnce();
    expect(names()).toEqual(['Unpair']);
  });

  it('should be taken back by Escape', async () => {
    await act(() => {
      button('Cancel').dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));
    });
    expect(onConfirm).not.toHaveBeenCalled();
    expect(names()).toEqual(['Unpair']);
  });

  it.each(['Cancel', 'Yes, unpair'])('should give the focus back after %s', async (answer) => {
    await act(() => button(answer).click());
    expect(document.activeElement).toBe(button('Unpair'));
  });
});

describe('CopyButton', () => {
  it('should copy the whole text and say so', async () => {
    const writeText = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue();
    await draw(<CopyButton text="Qm123" noun="CID" />);
    await act(() => button('Copy CID').click());
    expect(writeText).toHaveBeenCalledWith('Qm123');
    await vi.waitFor(() => expect(root.querySelector('[role=status]')?.textContent).toBe('CID copied'));
  });

  it('should say when the browser did not allow it', async () => {
    vi.spyOn(navigator.clipboard, 'writeText').mockRejectedValue(new Error('denied'));
    await draw(<CopyButton text="Qm123" noun="CID" />);
    await act(() => button('Copy CID').click());
    await vi.waitFor(() => expect(root.querySelector('[role=status]')?.textContent).toMatch(/did not let/));
  });
});

describe('Prose', () => {
  it('should set commands and hashes in monospace and leave the words alone', async () => {
    const cid = 'QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o';
    await draw(<Prose text={`Run \`npm start\`, then check ${cid} again.`} isShort />);
    expect(root.textContent).toBe(
      'Run npm start, then check QmT78zSu…8ff5o again.'.replace('…8ff5o', '…F8ff5o'),
    );
    expect(root.querySelector('code')?.textContent).toBe('npm start');
    expect(root.querySelector('.mono')?.getAttribute('title')).toBe(cid);
  });
});

describe('JobRow', () => {
  const actions = {
    onOpenReport: vi.fn(),
    onRetry: vi.fn(),
    onCancel: vi.fn(),
    onDismiss: vi.fn(),
    onSaveFile: vi.fn(),
  };

  it.each([
    ['uploading', { isSaved: true, canCancel: true }, ['Report', 'Cancel']],
    ['waiting', { isSaved: true }, ['Report']],
    ['captured', { fingerprint: undefined, isSaved: true, canCancel: true }, ['Cancel']],
    ['failed', { isSaved: false }, ['Try again', 'Report', 'Save file', 'Remove A from this list']],
    ['cancelling', { isSaved: false }, ['Report', 'Remove A from this list']],
    ['cancelled', { isSaved: false, fingerprint: undefined }, ['Remove A from this list']],
    ['done', { isSaved: true }, ['Copy CID', 'Report', 'Remove A from this list']],
  ] as const)('should offer what can be done with a job that is %s', async (phase, overrides, offered) => {
    await draw(<JobRow job={makeJob({ name: 'A', phase, ...overrides })} nowMs={0} {...actions} />);
    expect(names()).toEqual(offered);
  });

  it('should show a name from a hostile page as text', async () => {
    const name = '<img src=x onerror=alert(1)>';
    await draw(<JobRow job={makeJob({ name })} nowMs={0} {...actions} />);
    expect(root.querySelector('img')).toBeNull();
    expect(root.querySelector('h3')?.textContent).toBe(name);
  });
});
