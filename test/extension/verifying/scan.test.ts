import { beforeEach, describe, expect, it } from 'vitest';

import { type Occurrence, scan } from '../../../extension/verifying/in-page/scan.ts';
import { createTimeSlices } from '../../../extension/verifying/in-page/time-slices.ts';

const hello = 'Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD';
const zero = 'QmS9JArPwa55ePgDnyg6TzX24mYTS1b1vLqWNebyVotKxQ';

beforeEach(() => {
  document.body.replaceChildren();
});

async function scanBody(markup: string): Promise<Occurrence[]> {
  document.body.append(document.createRange().createContextualFragment(markup));
  const found: Occurrence[] = [];
  for await (const occurrence of scan(document.body, createTimeSlices(), { isOurs: () => false }))
    found.push(occurrence);
  return found;
}

const describeAll = (found: Occurrence[]) =>
  found.map(({ hash, place }) => {
    const where = place.kind === 'text' ? `text ${place.start}` : place.element.localName;
    return `${hash.value === hello ? 'hello' : 'zero'} in ${where}`;
  });

describe('scan', () => {
  it('should find texts and attributes in document order', async () => {
    const found = await scanBody(
      `<p>a ${hello} b ${zero}</p><a href="/ipfs/${zero}">x</a><img alt="${hello}">`,
    );
    expect(describeAll(found)).toEqual(['hello in text 2', 'zero in text 51', 'zero in a', 'hello in img']);
  });

  it('should count an element and what it holds once', async () => {
    const found = await scanBody(
      `<a href="/ipfs/${hello}" title="${hello}"><b>${hello}</b><img src="/ipfs/${hello}"> and ${zero}</a>`,
    );
    expect(describeAll(found)).toEqual(['hello in a', 'zero in text 5']);
  });

  it.each([
    `<script>"${hello}"</script>`,
    `<style>/* ${hello} */</style>`,
    `<textarea>${hello}</textarea>`,
    `<template><p>${hello}</p></template>`,
    `<div contenteditable="true">${hello}</div>`,
    `<p class="${hello}" style="--x: ${hello}" onclick="f('${hello}')">x</p>`,
    `<img src="data:text/plain,${hello}">`,
    `<p title="${'x '.repeat(3_000)}${hello}">x</p>`,
    `<!-- ${hello} -->`,
  ])('should pass over %s', async (markup) => {
    expect(await scanBody(markup)).toEqual([]);
  });

  it('should go on behind what it passes over, however deep that stands', async () => {
    const found = await scanBody(
      `<div><p><b>x</b><script>"${hello}"</script></p></div><style></style><p>${zero}</p><textarea>${hello}</textarea>`,
    );
    expect(describeAll(found)).toEqual(['zero in text 0']);
  });

  it('should tell the content that stands beside a CID, and only beside that', async () => {
    const found = await scanBody(
      `<a cid="${hello}" href="/file.pdf">x</a><img cid="${hello}" src="a.png"><a cid="${hello}">y</a>
       <a href="/ipfs/${zero}">z</a><a cid="${zero}" href="/x/${hello}">w</a>`,
    );
    expect(found.map(({ hash, claimUrl }) => [hash.value, claimUrl])).toEqual([
      [hello, '/file.pdf'],
      [hello, 'a.png'],
      [hello, undefined],
      [zero, undefined],
      [zero, `/x/${hello}`],
      [hello, undefined],
    ]);
  });

  it('should look into open shadow roots', async () => {
    const host = document.createElement('div');
    host.attachShadow({ mode: 'open' }).append(`inside ${hello}`);
    document.body.append(host);
    expect(describeAll(await scanBody(`<p>${zero}</p>`))).toEqual(['zero in text 0', 'hello in text 7']);
  });

  it('should tell when the page took away what it stood at, and only then', async () => {
    const markup = `<div><p>${hello}</p><p>${zero}</p></div><p>${hello}</p>`;
    for (const [gone, lost] of [
      ['div', [document.body]],
      ['p:last-child', []],
    ] as const) {
      document.body.replaceChildren(document.createRange().createContextualFragment(markup));
      const told: Node[] = [];
      const found = scan(document.body, createTimeSlices(), {
        isOurs: () => false,
        onLost: (root) => told.push(root),
      });
      await found.next();
      document.querySelector(gone)?.remove();
      for await (const _ of found);
      expect(told).toEqual(lost);
    }
  });
});
