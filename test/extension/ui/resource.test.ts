import { describe, expect, it } from 'vitest';
import { createActions } from '../../../extension/ui/actions.ts';
import { createResource } from '../../../extension/ui/resource.ts';
import { HashmarkError } from '../../../shared/errors.ts';

describe('createResource', () => {
  it('should keep the last answer while the next one fails', async () => {
    const answers = [Promise.resolve('first'), Promise.reject(new HashmarkError('gone', 'It is gone.'))];
    const resource = createResource(() => answers.shift() as Promise<string>);
    await resource.reload();
    await resource.reload();
    expect(resource.data.value).toBe('first');
    expect(resource.error.value).toMatchObject({ code: 'gone', message: 'It is gone.' });
    expect(resource.isLoading.value).toBe(false);
  });

  it('should ignore an answer that a newer question has overtaken', async () => {
    const pending: ((text: string) => void)[] = [];
    const resource = createResource(() => new Promise<string>((resolve) => pending.push(resolve)));
    const reloads = [resource.reload(), resource.reload()];
    pending[1]?.('new');
    pending[0]?.('old');
    await Promise.all(reloads);
    expect(resource.data.value).toBe('new');
  });

  it('should forget its error with the next good answer', async () => {
    const answers = [Promise.reject(new Error('no')), Promise.resolve(1)];
    const resource = createResource(() => answers.shift() as Promise<number>);
    await resource.reload();
    expect(resource.error.value?.code).toBe('internal');
    await resource.reload();
    expect(resource.error.value).toBeUndefined();
  });
});

describe('createActions', () => {
  it('should drop a second click while the first is under way', async () => {
    const actions = createActions();
    let runs = 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    const count = () => {
      runs += 1;
      return promise;
    };
    const first = actions.run('stamp', count);
    expect(actions.isBusy('stamp')).toBe(true);
    expect(await actions.run('stamp', count)).toBe(false);
    resolve();
    expect(await first).toBe(true);
    expect([runs, actions.isBusy('stamp')]).toEqual([1, false]);
  });

  it('should keep why an action failed until it is run again or forgotten', async () => {
    const actions = createActions();
    const failing = () => Promise.reject(new HashmarkError('wrong-code', 'Another code.'));
    expect(await actions.run('pair', failing)).toBe(false);
    expect(actions.problemOf('pair')).toMatchObject({ code: 'wrong-code' });
    actions.forget('pair');
    expect(actions.problemOf('pair')).toBeUndefined();
  });
});
