import { beforeEach, describe, expect, it } from 'vitest';

import { createTextSplits, type TextSplits } from '../../../extension/verifying/in-page/text-splits.ts';

const whole = 'one two three';
let paragraph: HTMLElement;
let head: Text;
let splits: TextSplits;

beforeEach(() => {
  head = document.createTextNode(whole);
  paragraph = document.createElement('p');
  paragraph.append(head);
  document.body.replaceChildren(paragraph);
  splits = createTextSplits();
});

const parts = () => [...paragraph.childNodes].map((node) => node.textContent);

describe('splitAt', () => {
  it.each([[[3, 7]], [[7, 3]]])('should split at %j in any order', (ends) => {
    for (const end of ends) expect(splits.splitAt(head, end, whole)?.isConnected).toBe(true);
    expect(parts()).toEqual(['one', ' two', ' three']);
    expect(paragraph.firstChild).toBe(head);
  });

  it('should leave a text alone that ends there', () => {
    expect(splits.splitAt(head, whole.length, whole)).toBe(head);
    expect(parts()).toEqual([whole]);
  });

  it('should refuse a text that has changed or gone', () => {
    head.data = 'other';
    expect(splits.splitAt(head, 3, whole)).toBeUndefined();
    head.data = whole;
    paragraph.remove();
    expect(splits.splitAt(head, 3, whole)).toBeUndefined();
    expect(parts()).toEqual([whole]);
  });
});

describe('origin', () => {
  it('should say where a part stands in the page’s own text', () => {
    splits.splitAt(head, 7, whole);
    splits.splitAt(head, 3, whole);
    const [, two, three] = [...paragraph.childNodes] as Text[];
    expect(splits.origin(two as Text)).toEqual({ head, offset: 3, text: whole });
    expect(splits.origin(three as Text)).toEqual({ head, offset: 7, text: whole });
  });
});

describe('undoing', () => {
  it('should take our parts out when the page changed its node', () => {
    splits.splitAt(head, 3, whole);
    head.data = 'new text';
    expect(splits.isSplit(head)).toBe(true);
    splits.dropParts(head);
    expect(parts()).toEqual(['new text']);
    expect(splits.isSplit(head)).toBe(false);
  });

  it('should put everything back at the end', () => {
    splits.splitAt(head, 3, whole);
    splits.splitAt(head, 7, whole);
    splits.restoreAll();
    expect(parts()).toEqual([whole]);
    expect(paragraph.firstChild).toBe(head);
  });
});
