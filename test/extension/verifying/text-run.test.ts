import { beforeEach, describe, expect, it } from 'vitest';

import { type Occurrence, scan } from '../../../extension/verifying/in-page/scan.ts';
import { blockOf, isPiece } from '../../../extension/verifying/in-page/text-run.ts';
import { createTimeSlices } from '../../../extension/verifying/in-page/time-slices.ts';

const hello = 'Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD';
const digest = 'b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9';
const cut = (text: string, size: number) => text.match(new RegExp(`.{1,${size}}`, 'g')) ?? [];

beforeEach(() => document.body.replaceChildren());

async function scanBody(markup: string): Promise<Occurrence[]> {
  document.body.append(document.createRange().createContextualFragment(markup));
  const found: Occurrence[] = [];
  for await (const occurrence of scan(document.body, createTimeSlices(), { isOurs: () => false }))
    found.push(occurrence);
  return found;
}

describe('a hash that a page cut up', () => {
  it.each([
    ['by <wbr>', cut(hello, 9).join('<wbr>')],
    [
      'into elements',
      cut(hello, 1)
        .map((piece) => `<span>${piece}</span>`)
        .join(''),
    ],
    ['at its end', `<b>${hello.slice(0, 40)}</b>${hello.slice(40)}.`],
    ['in nested elements', `<code><i>${hello.slice(0, 5)}</i><b><u>${hello.slice(5)}</u></b></code>`],
    ['with a text around it', `before ${hello.slice(0, 20)}<wbr>${hello.slice(20)} after`],
  ])('should be found once when it was cut %s', async (_, markup) => {
    const found = await scanBody(`<p>${markup}</p>`);
    expect(found.map(({ hash }) => hash.value)).toEqual([hello]);
    const { place } = found[0] as Occurrence;
    // The badge goes right behind its last character.
    expect(place.kind === 'text' && hello.endsWith(place.text.slice(0, place.end))).toBe(true);
  });

  it('should come with others, each once', async () => {
    const found = await scanBody(`<p>${hello} and ${cut(digest, 16).join('<wbr>')}</p><p>${digest}</p>`);
    expect(found.map(({ hash }) => hash.value)).toEqual([hello, digest, digest]);
  });

  it.each([
    ['paragraphs', `<p>${hello.slice(0, 20)}</p><p>${hello.slice(20)}</p>`],
    ['a line break', `<p>${hello.slice(0, 20)}<br>${hello.slice(20)}</p>`],
    ['table cells', `<table><tr><td>${digest.slice(0, 32)}</td><td>${digest.slice(32)}</td></tr></table>`],
    ['an image', `<p>${hello.slice(0, 20)}<img alt="">${hello.slice(20)}</p>`],
    ['a space', `<p><b>${hello.slice(0, 20)}</b> <b>${hello.slice(20)}</b></p>`],
  ])('should not be made up from what %s keeps apart', async (_, markup) => {
    expect(await scanBody(markup)).toEqual([]);
  });

  it.each([
    ['a longer text', cut(`${digest}${digest}`, 16).join('<wbr>')],
    ['a text that goes on in the next element', `${digest.slice(0, 32)}<wbr>${digest.slice(32)}<b>ab</b>`],
    ['a text that began before', `<b>ab</b>${digest.slice(0, 32)}<wbr>${digest.slice(32)}`],
  ])('should not be seen in %s', async (_, markup) => {
    expect(await scanBody(`<p>${markup}</p>`)).toEqual([]);
  });

  it('should be counted with the link around it', async () => {
    const found = await scanBody(`<a href="/ipfs/${hello}">${cut(hello, 12).join('<wbr>')}</a>`);
    expect(found.map(({ place }) => place.kind)).toEqual(['element']);
  });
});

describe('isPiece', () => {
  it('should tell what may be a part of a hash from what is read by itself', () => {
    const fragment = document.createRange().createContextualFragment('<p><i>Qmf4</i> and more</p>');
    document.body.append(fragment);
    const piece = document.querySelector('i') as Element;
    expect(isPiece(piece)).toBe(true);
    expect(isPiece(piece.nextSibling as Node)).toBe(false);
    expect(isPiece(document.querySelector('p') as Element)).toBe(false);
    expect(blockOf(piece)?.tagName).toBe('P');
  });
});
