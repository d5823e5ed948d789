import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { HashmarkError } from '../../../shared/errors.ts';
import { buildTree, checkPath, proofOf } from '../../../shared/evidence/merkle.ts';
import { maxProofBytes, parseProofXml, writeProofXml } from '../../../shared/evidence/proof-xml.ts';
import { realProofs, vectorById } from '../../helpers/originstamp-vectors.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();
const indent = (xml: string) =>
  xml
    .replace(' standalone="yes"', '')
    .replace(/ value="(\w+)" type="(\w+)"/g, ' type="$2" value="$1"')
    .replace(/></g, '>\n    <');
const A = 'a'.repeat(64);
const B = 'b'.repeat(64);
const C = 'c'.repeat(64);
const prolog = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>';
const leaf = `<left value="${A}" type="hash"/>`;
const right = `<right value="${B}" type="mesh"/>`;
const node = (children: string, attributes = `value="${C}" type="key"`) =>
  `${prolog}<node ${attributes}>${children}</node>`;
const good = node(leaf + right);

function refusal(text: string): string {
  try {
    parseProofXml(text);
  } catch (error) {
    expect(error).toBeInstanceOf(HashmarkError);
    expect((error as HashmarkError).code).toBe('malformed-proof');
    expect((error as HashmarkError).message.length).toBeLessThan(600);
    return (error as HashmarkError).message;
  }
  throw new Error('It was taken for a proof.');
}

describe('writeProofXml and parseProofXml', () => {
  it.each(realProofs)('should read $id and write the same bytes', ({ proof_xml, leaf, leaf_path, root }) => {
    const proof = parseProofXml(proof_xml);
    const sides = proof.steps.map(({ side }) => (side === 'left' ? 'R' : 'L'));
    expect([proof.leaf, proof.root, sides.toReversed().join('')]).toEqual([leaf, root, leaf_path]);
    expect(checkPath(proof, sha256)).toEqual({ ok: true });
    expect(writeProofXml(proof)).toBe(proof_xml);
  });

  it.each(realProofs)('should read $id in the layout of a certificate', ({ proof_xml }) => {
    expect(parseProofXml(indent(proof_xml))).toEqual(parseProofXml(proof_xml));
    expect(parseProofXml(`\uFEFF${proof_xml}\r\n`)).toEqual(parseProofXml(proof_xml));
  });

  it('should bring any proof back, and no changed one', () => {
    const digests = fc.uniqueArray(fc.uint8Array({ minLength: 32, maxLength: 32 }), {
      minLength: 1,
      maxLength: 20,
      selector: (bytes) => Buffer.from(bytes).toString('hex'),
    });
    fc.assert(
      fc.property(
        digests,
        fc.nat(),
        fc.nat(),
        fc.string({ minLength: 1, maxLength: 1 }),
        (set, pick, at, by) => {
          const leaves = Buffer.concat(set.toSorted((a, b) => Buffer.compare(a, b)));
          const proof = proofOf(buildTree(leaves, sha256), pick % set.length);
          const xml = writeProofXml(proof);
          const parsed = parseProofXml(xml);
          expect({ ...parsed, steps: parsed.steps.map(({ parent: _, ...step }) => step) }).toEqual(proof);

          const start = xml.indexOf('<node');
          const position = start + (at % (xml.length - start));
          const changed = xml.slice(0, position) + by + xml.slice(position + 1);
          expect(isProofOf(changed, proof.leaf) && !isSameMeaning(changed, xml)).toBe(false);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('should write no proof that does not hold', () => {
    const proof = parseProofXml(realProofs[0]?.proof_xml ?? '');
    expect(() => writeProofXml({ ...proof, root: A })).toThrow(
      expect.objectContaining({ code: 'broken-proof' }),
    );
    expect(() => writeProofXml({ leaf: A, steps: [], root: A })).toThrow(/was not written/);
  });
});

/** Whether the text is taken for a proof of the digest. */
function isProofOf(xml: string, digest: string): boolean {
  try {
    const proof = parseProofXml(xml);
    return proof.leaf === digest && checkPath(proof, sha256).ok;
  } catch {
    return false;
  }
}

/** White space for white space, quotes or nothing at all: another text, and the same proof. */
function isSameMeaning(changed: string, xml: string): boolean {
  return JSON.stringify(parseProofXml(changed)) === JSON.stringify(parseProofXml(xml));
}

describe('parseProofXml', () => {
  it('should read the smallest proof', () => {
    expect(parseProofXml(good)).toEqual({
      leaf: A,
      steps: [{ sibling: B, side: 'right', parent: C }],
      root: C,
    });
  });

  it('should read the proof of one digest alone, which is paired with itself', () => {
    const { levels } = vectorById('synthetic-tree-1');
    const proof = {
      leaf: levels[0][0],
      steps: [{ sibling: levels[0][0], side: 'right' as const }],
      root: levels[1][0],
    };
    expect(parseProofXml(writeProofXml(proof))).toMatchObject(proof);
  });

  const inner = (type: string, children: string, name = 'left') =>
    `<${name} value="${A}" type="${type}">${children}</${name}>`;
  it.each<[string, string, RegExp]>([
    ['nothing', '', /not a Merkle proof/],
    ['text', 'hello', /not a Merkle proof/],
    ['an unfinished text', good.slice(0, -4), /does not end with <\/node>: it may be cut off/],
    ['half a text', good.slice(0, good.length / 2), /^This is not a Merkle proof: it does not end with/],
    ['something after it', `${good}x`, /not a Merkle proof/],
    ['something before it', `x${good}`, /not a Merkle proof/],
    ['two roots', good + good.slice(prolog.length), /root elements|Multiple/i],
    ['another root element', good.replaceAll('node', 'tree'), /name is "tree", expected "node"/],
    ['a root of type mesh', good.replace('"key"', '"mesh"'), /at node: its type is "mesh", expected "key"/],
    ['a lone node', node(''), /no leaf/],
    ['a lone node of type hash', node('', `value="${A}" type="hash"`), /expected "key"/],
    ['one child', node(leaf), /1 children/],
    ['three children', node(leaf + right + right), /3 children/],
    ['two left children', node(leaf + leaf), /at node\/right: its name is "left"/],
    ['children in the wrong order', node(right + leaf), /name is "right", expected "left"/],
    ['a foreign child', node(`${leaf}<up value="${A}" type="mesh"/>`), /name is "up"/],
    ['no stamped digest', good.replace('"hash"', '"mesh"'), /none of its children/],
    ['two hash elements', good.replace('type="mesh"', 'type="hash"'), /both of its children/],
    ['an inner node as hash', node(inner('hash', leaf + right) + right), /at node\/left: .*is a leaf/],
    ['an inner node as key', node(inner('key', leaf + right) + right), /at node\/left: its type is "key"/],
    ['two expanded paths', node(inner('mesh', leaf + right) + inner('mesh', leaf + right, 'right')), /both/],
    [
      'a hash beside an expanded path',
      node(inner('mesh', leaf + right) + right.replace('mesh', 'hash')),
      /both/,
    ],
    ['an unknown type', good.replace('"mesh"', '"MESH"'), /type is "MESH"/],
    ['no type', good.replace(' type="mesh"', ''), /type is ""/],
    ['no value', good.replace(` value="${B}"`, ''), /value is ""/],
    ['upper-case hex', good.replace(B, B.toUpperCase()), /64 lower-case hex/],
    ['63 digits', good.replace(B, B.slice(1)), /64 lower-case hex/],
    ['128 digits posing as a leaf', good.replace(A, A + B), /at node\/left: its value/],
    ['white space in a value', good.replace(B, ` ${B}`), /64 lower-case hex/],
    ['a line break after a value', good.replace(B, `${B}\n`), /64 lower-case hex/],
    ['digits of another script', good.replace(B, '１'.repeat(64)), /64 lower-case hex/],
    ['an attribute twice', good.replace(`value="${B}"`, `value="${B}" value="${B}"`), /repeated/],
    ['another attribute', good.replace('<left', '<left xml:id="x"'), /attribute "xml:id"/],
    ['a prototype as attribute', good.replace('<left', '<left __proto__="x"'), /not a Merkle proof/],
    ['a namespace', good.replace('<node', '<node xmlns="urn:x"'), /attribute "xmlns"/],
    ['a prefix', good.replaceAll('node', 'x:node'), /name is "x:node"/],
    ['a prototype as element', node(`<__proto__/>${right}`), /not a Merkle proof/],
    ['text between elements', node(`${leaf}hello${right}`), /contains the text "hello"/],
    ['text in the leaf', node(`<left value="${A}" type="hash">x</left>${right}`), /contains the text "x"/],
    ['a comment', node(`${leaf}<!-- ${right} -->${right}`), /contains "<!"/],
    ['CDATA', node(`${leaf}<![CDATA[${right}]]>${right}`), /contains "<!"/],
    ['a processing instruction', node(`${leaf}<?php x?>${right}`), /not a Merkle proof/],
    ['a doctype', `<!DOCTYPE node>${good.slice(prolog.length)}`, /contains "<!"/],
    ['an entity', good.replace(B, '&b;'), /contains "&"/],
    ['a character reference', good.replace('a', '&#97;'), /contains "&"/],
    ['a null byte', good.replace('type', '\0type'), /contains/],
    ['a parent that is closed by another', good.replace('</node>', '</left>'), /not a Merkle proof/],
    ['unquoted attributes', good.replace('"key"', 'key'), /not a Merkle proof/],
    ['two byte order marks', `\uFEFF\uFEFF${good}`, /not a Merkle proof/],
  ])('should refuse %s', (_, text, message) => {
    expect(refusal(text)).toMatch(message);
  });

  it('should refuse bombs before they go off', () => {
    const entities = Array.from(
      { length: 20 },
      (_, level) => `<!ENTITY e${level + 1} "&e${level};&e${level};">`,
    );
    expect(refusal(`<!DOCTYPE n [<!ENTITY e0 "x">${entities.join('')}]><node value="&e20;"/>`)).toMatch(/<!/);
    const deep = (levels: number) =>
      node(
        `${`<left value="${A}" type="mesh">`.repeat(levels)}${leaf}${right}${`</left>${right}`.repeat(levels)}`,
      );
    expect(parseProofXml(deep(63)).steps).toHaveLength(64);
    expect(refusal(deep(64))).toMatch(/64 levels/);
    expect(refusal('<node>'.repeat(170_000))).toMatch(/not a Merkle proof/);
    expect(refusal(' '.repeat(maxProofBytes + 1))).toMatch(/at most 1048576/);
    expect(refusal(node(leaf.repeat(10_000)))).toMatch(/10000 children/);
  });

  it('should never throw anything but its own error', () => {
    const pieces = fc.constantFrom(
      ...['<node ', '<left ', '<right ', '/>', '>', '</node>', '</left>', `value="${A}"`, `value='${B}'`],
      ...[
        ' type="key"',
        ' type="hash"',
        ' type="mesh"',
        prolog,
        '<?',
        '?>',
        '"',
        "'",
        ' ',
        '=',
        'x',
        '<',
        '\uFEFF',
      ],
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
        try {
          parseProofXml(parts.join(''));
        } catch (error) {
          expect(error).toMatchObject({ code: 'malformed-proof' });
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
