import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

interface Import {
  from: string;
  /** Path in the project, or the package specifier as written. */
  to: string;
}

/** One direction that imports may not take, and what to do instead. */
interface Rule {
  name: string;
  isBroken: (it: Import) => boolean;
  instead: string;
}

const inside = (folder: string) => (path: string) => path.startsWith(`${folder}/`);
const fromTo = (from: string, to: string) => (it: Import) => inside(from)(it.from) && inside(to)(it.to);
const isBrowserSide = (to: string) =>
  /^(wxt|webextension-polyfill|preact|@preact|idb|hono|@hono|node:)(\/|$)?/.test(to) ||
  to.startsWith('node:');

const rules: Rule[] = [
  {
    name: 'extension never imports companion',
    isBroken: fromTo('extension', 'companion'),
    instead: 'They meet on the wire: put what both need into shared/.',
  },
  {
    name: 'companion never imports extension',
    isBroken: fromTo('companion', 'extension'),
    instead: 'They meet on the wire: put what both need into shared/.',
  },
  {
    name: 'shared imports neither side',
    isBroken: (it) => inside('shared')(it.from) && (inside('extension')(it.to) || inside('companion')(it.to)),
    instead: 'Move the code into shared/, or pass it in as a parameter.',
  },
  {
    name: 'shared knows no platform',
    isBroken: (it) => inside('shared')(it.from) && isBrowserSide(it.to),
    instead: 'Take the platform (fetch, storage, clock, hashing) as a parameter: both sides run this code.',
  },
  {
    name: 'shared/fingerprint is the lowest layer',
    isBroken: (it) =>
      inside('shared/fingerprint')(it.from) &&
      (inside('shared/evidence')(it.to) || inside('shared/wire')(it.to)),
    instead: 'Inside shared imports go wire → evidence → fingerprint.',
  },
  {
    name: 'shared/evidence does not know the wire',
    isBroken: fromTo('shared/evidence', 'shared/wire'),
    instead: 'Inside shared imports go wire → evidence → fingerprint.',
  },
  {
    name: 'keyholder and service do not know each other',
    isBroken: (it) =>
      fromTo('companion/keyholder', 'companion/service')(it) ||
      fromTo('companion/service', 'companion/keyholder')(it),
    instead: 'The embedded service is one more upstream: they meet in companion/app.ts.',
  },
  {
    name: 'components call neither browser nor background',
    isBroken: (it) =>
      inside('extension/ui')(it.from) && (it.to.startsWith('wxt/') || it.to === 'extension/messaging.ts'),
    instead: 'Pass values and callbacks as props; the page’s store talks to the background.',
  },
];

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(ts|tsx|mjs)$/.test(path))
    .map((path) => join(folder, path).split(sep).join('/'));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/(?:\bfrom\s+|\bimport\s+|\bimport\()\s*'([^']+)'/g)].map(
    ([, specifier = '']) => ({
      from: file,
      to: specifier.startsWith('.')
        ? relative(root, resolve(root, dirname(file), specifier))
            .split(sep)
            .join('/')
        : specifier,
    }),
  );
}

describe('import directions', () => {
  const imports = ['extension', 'companion', 'shared'].flatMap(sources).flatMap(importsOf);

  it('finds the sources it is meant to check', () => {
    expect(imports.length).toBeGreaterThan(50);
  });

  it.each(rules)('$name', ({ isBroken, instead }) => {
    const broken = imports.filter(isBroken).map(({ from, to }) => `${from} imports ${to}`);
    expect(broken, instead).toEqual([]);
  });

  it('writes SQL in the ledger and nowhere else', () => {
    const outside = sources('companion')
      .filter((file) => !file.startsWith('companion/service/ledger/') && file !== 'companion/file-lock.ts')
      .filter((file) =>
        /\bdb\s*\.prepare\(|\.(prepare|exec)\(\s*['"`](SELECT|INSERT|UPDATE|DELETE|CREATE|BEGIN|PRAGMA)/.test(
          readFileSync(join(root, file), 'utf8'),
        ),
      );
    expect(outside, 'Put the query into companion/service/ledger/ and call it by a name.').toEqual([]);
  });
});
