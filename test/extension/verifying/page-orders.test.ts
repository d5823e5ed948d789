import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { browser } from 'wxt/browser';

import { orderPage } from '../../../extension/verifying/page-orders.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('orderPage', () => {
  it('should tell the page that answers', async () => {
    vi.spyOn(browser.tabs, 'sendMessage').mockResolvedValue('page');
    expect(await orderPage(1, 'which')).toBe('page');
  });

  it('should tell of no page where nobody listens', async () => {
    vi.spyOn(browser.tabs, 'sendMessage').mockRejectedValue(new Error('Receiving end does not exist.'));
    expect(await orderPage(1, 'which')).toBeUndefined();
  });

  it('should not wait for a page that hangs', async () => {
    vi.spyOn(browser.tabs, 'sendMessage').mockReturnValue(new Promise(() => undefined));
    const answer = orderPage(1, 'which', 0);
    await vi.runAllTimersAsync();
    expect(await answer).toBeUndefined();
  });
});
