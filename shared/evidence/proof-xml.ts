/** Merkle proofs as the XML that OriginStamp's API gives and its verifiers read: only the path of one digest is expanded. */
import { sha256 } from '@noble/hashes/sha2.js';
import { XMLBuilder, XMLParser, XMLValidator } from 'fast-xml-parser';

import { HashmarkError } from '../errors.ts';
import { checkPath, hashPair, type MerkleProof, type MerkleStep } from './merkle.ts';

/** A step as a proof claims it. */
export interface ClaimedStep extends MerkleStep {
  /** What the proof says the parent is, 64 lower-case hex digits; nothing has checked it. */
  parent: string;
}

/** A proof as it was read: well-formed, and nothing in it is recomputed yet. Plain JSON, and a {@link MerkleProof}. */
export interface ParsedProof extends MerkleProof {
  /** The parent of the last step is the root. */
  steps: ClaimedStep[];
}

/** A tree of 2^64 digests is as high; every level costs two elements. */
const maxProofDepth = 64;
/** 64 levels take 12 kB in one line; a certificate's indentation adds as much again. */
export const maxProofBytes = 1024 * 1024;

type Side = MerkleStep['side'];
type NodeType = 'key' | 'mesh' | 'hash';

/** An element as the library gives and takes it when it keeps the order: its name as the only key beside the attributes. */
type XmlElement = Record<string, unknown> & { ':@'?: Record<string, string> };

const syntax = {
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  processEntities: false,
} as const;
const builder = new XMLBuilder({ ...syntax, suppressEmptyNode: true });
const parser = new XMLParser({
  ...syntax,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  maxNestedTags: maxProofDepth + 1,
});

/**
 * The proof byte for byte as the API's download has it: one line, `value` before `type`, no final newline.
 * @throws HashmarkError `broken-proof` when the steps do not lead to the root: no such proof leaves the house.
 */
export function writeProofXml(proof: MerkleProof): string {
  const result = checkPath(proof, sha256);
  if (!result.ok) {
    throw new HashmarkError(
      'broken-proof',
      `The proof of ${proof.leaf} leads to ${result.found}, not to ${result.expected}: it was not written. Build its tree again.`,
    );
  }
  let onPath = { value: proof.leaf, type: 'hash' as NodeType, children: [] as XmlElement[] };
  for (const [index, { sibling, side }] of proof.steps.entries()) {
    const path = element(side === 'left' ? 'right' : 'left', onPath.value, onPath.type, onPath.children);
    const beside = element(side, sibling, 'mesh');
    const children = side === 'left' ? [beside, path] : [path, beside];
    const value =
      side === 'left' ? hashPair(sibling, onPath.value, sha256) : hashPair(onPath.value, sibling, sha256);
    onPath = { value, type: index === proof.steps.length - 1 ? 'key' : 'mesh', children };
  }
  const root = element('node', onPath.value, onPath.type, onPath.children);
  return `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>${builder.build([root])}`;
}

function element(name: string, value: string, type: NodeType, children: XmlElement[] = []): XmlElement {
  return { [name]: children, ':@': { value, type } };
}

/**
 * Reads a proof that anybody may have written, in either layout (the API's download, a certificate's indented text; a byte
 * order mark is no part of it). Stricter than XML: nothing but elements, their two attributes and white space between them, so
 * that no reader can see another proof in the same text.
 *
 * @throws HashmarkError `malformed-proof` that names what is wrong, and where.
 */
export function parseProofXml(text: string): ParsedProof {
  const { value: root, type, children } = readElement(parseDocument(text), 'node', 'node');
  if (type !== 'key') throw malformed(`its type is ${JSON.stringify(type)}, expected "key"`, 'node');
  const steps: ClaimedStep[] = [];
  let where = 'node';
  let parent = root;
  let pair = children;
  for (;;) {
    if (steps.length >= maxProofDepth) throw malformed(`it has more than ${maxProofDepth} levels`, where);
    const { side, inner, sibling } = choosePath(pair, where);
    steps.unshift({ sibling, side, parent });
    where += side === 'left' ? '/right' : '/left';
    if (inner.children.length === 0) return { leaf: inner.value, steps, root };
    parent = inner.value;
    pair = inner.children;
  }
}

/** The root element of the document. */
function parseDocument(given: string): XmlElement {
  const text = given.replace(/^\uFEFF/, '');
  if (text.length > maxProofBytes) {
    throw malformed(`it has ${text.length} characters, expected at most ${maxProofBytes}`);
  }
  // Declarations, comments, CDATA and entities have no place in a proof: the library never gets to see one.
  const foreign = /<!|&|\0/.exec(text);
  if (foreign) throw malformed(`it contains ${JSON.stringify(foreign[0])}, expected elements only`);
  let nodes: XmlElement[];
  try {
    nodes = parser.parse(text) as XmlElement[];
  } catch {
    throw notWellFormed(text);
  }
  // The parser closes what was left open and takes the last of two equal attributes; the validator does not.
  const validity = XMLValidator.validate(text);
  if (validity !== true)
    throw notWellFormed(text, `${validity.err.msg.replace(/\.$/, '')} (line ${validity.err.line})`);
  const elements = withoutSpace(nodes, 'the document').filter((node) => !('?xml' in node));
  const [root] = elements;
  if (!root || elements.length !== 1)
    throw malformed(`it has ${elements.length} root elements, expected one`);
  return root;
}

/** @param words the library's, where they are about the text and not about its own inside. */
function notWellFormed(text: string, words?: string): HashmarkError {
  if (!/^\s*</.test(text)) return malformed('it is no XML');
  if (!/<\/node>\s*$/.test(text)) return malformed('it does not end with </node>: it may be cut off');
  return malformed(words ?? 'a tag or an attribute in it is damaged, or it has too many levels');
}

interface ReadElement {
  value: string;
  type: string;
  children: XmlElement[];
}

function readElement(xml: XmlElement, expectedName: string, where: string): ReadElement {
  const { ':@': attributes = {}, ...rest } = xml;
  const [name = '', ...others] = Object.keys(rest);
  if (name !== expectedName || others.length > 0) {
    throw malformed(`its name is ${JSON.stringify(name)}, expected "${expectedName}"`, where);
  }
  const unexpected = Object.keys(attributes).find((key) => key !== 'value' && key !== 'type');
  if (unexpected !== undefined) {
    throw malformed(`it has an attribute ${JSON.stringify(shorten(unexpected))}`, where);
  }
  const { value = '', type = '' } = attributes;
  if (!/^[0-9a-f]{64}$/.test(value)) {
    throw malformed(
      `its value is ${JSON.stringify(shorten(value))}, expected 64 lower-case hex digits`,
      where,
    );
  }
  const children = withoutSpace(rest[name] as XmlElement[], where);
  if (children.length !== 0 && children.length !== 2) {
    throw malformed(`it has ${children.length} children, expected none or left and right`, where);
  }
  return { value, type: shorten(type), children };
}

/** Which of two children the path goes through: the one that has children, or is the digest; `side` is where the other stands. */
function choosePath(pair: XmlElement[], where: string): { side: Side; inner: ReadElement; sibling: string } {
  const [first, second] = pair;
  if (!first || !second) throw malformed('it is no leaf with type "hash" and has no children', where);
  const left = readElement(first, 'left', `${where}/left`);
  const right = readElement(second, 'right', `${where}/right`);
  for (const [child, name] of [
    [left, 'left'],
    [right, 'right'],
  ] as const) {
    const place = `${where}/${name}`;
    if (child.type !== 'mesh' && child.type !== 'hash') {
      throw malformed(`its type is ${JSON.stringify(child.type)}, expected "mesh" or "hash"`, place);
    }
    // Without this rule a file of 128 hex digits could pose as a leaf where an inner node stands.
    if (child.type === 'hash' && child.children.length > 0) {
      throw malformed('its type is "hash" and it has children, but the stamped digest is a leaf', place);
    }
  }
  const isOnPath = ({ type, children }: ReadElement): boolean => type === 'hash' || children.length > 0;
  if (isOnPath(left) && isOnPath(right))
    throw malformed('both of its children are on a path, expected one', where);
  if (isOnPath(left)) return { side: 'right', inner: left, sibling: right.value };
  if (isOnPath(right)) return { side: 'left', inner: right, sibling: left.value };
  throw malformed('none of its children is the stamped digest (type "hash") or leads to it', where);
}

/** The elements among nodes; text between them may only be white space. */
function withoutSpace(nodes: XmlElement[], where: string): XmlElement[] {
  return nodes.filter((node) => {
    if (!('#text' in node)) return true;
    if (/^[ \t\r\n]*$/.test(String(node['#text']))) return false;
    throw malformed(`it contains the text ${JSON.stringify(shorten(String(node['#text']).trim()))}`, where);
  });
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function malformed(what: string, where?: string): HashmarkError {
  const place = where ? ` at ${shortenPath(where)}` : '';
  return new HashmarkError(
    'malformed-proof',
    `This is not a Merkle proof${place}: ${what.replace(/\.$/, '')}. Get the proof again from where it came from.`,
    { data: where ? { where } : {} },
  );
}

/** A path of 64 steps is not for people: its end says where. */
function shortenPath(where: string): string {
  const names = where.split('/');
  return names.length > 6 ? `…/${names.slice(-4).join('/')} (level ${names.length - 1})` : where;
}
