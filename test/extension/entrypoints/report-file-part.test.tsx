import { render } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, expect, it, vi } from 'vitest';

import { FilePart } from '../../../extension/entrypoints/report/FilePart.tsx';
import { createReportStore } from '../../../extension/entrypoints/report/store.ts';
import { fingerprintBlob } from '../../../extension/stamping/fingerprint-blob.ts';
import { HashmarkError } from '../../../shared/errors.ts';
import { createFakeBackground } from '../../helpers/fake-background.ts';
import { makeVerdict } from '../../helpers/views.ts';

const root = document.createElement('div');
document.body.append(root);
let stop = () => {};
afterEach(() => {
  render(null, root);
  stop();
});

it('should say why another file could not be checked instead, until the file is taken away', async () => {
  const verdict = makeVerdict();
  const background = createFakeBackground({
    'verify.hash': ({ hash }) => {
      if (hash === verdict.hash.value) return verdict;
      throw new HashmarkError('internal', 'The mirror could not be opened.');
    },
  });
  const store = createReportStore({
    ...background,
    query: `?hash=${verdict.hash.value}`,
    setQuery: () => undefined,
    setTitle: () => undefined,
    fingerprint: fingerprintBlob,
    saveFile: () => undefined,
    fetchCertificate: async () => new Blob(),
    now: () => 0,
  });
  stop = store.start();
  await act(() => render(<FilePart store={store} />, root));
  store.checkFile(new File(['something else'], 'other.txt'));
  await vi.waitFor(() => expect(root.textContent).toContain('This is a different file'));
  const instead = [...root.querySelectorAll('button')].find(
    ({ textContent }) => textContent === 'Check this file instead',
  );
  await act(() => instead?.click());
  await vi.waitFor(() =>
    expect(root.querySelector('[role=alert]')?.textContent).toBe(
      'That file could not be checked: The mirror could not be opened.',
    ),
  );
  await act(() => store.forgetFile());
  expect(store.actions.problemOf('file')).toBeUndefined();
});
