/**
 * Reads of the DOM that a page cannot bend. A form answers `form.childNodes` with its field of that name, and a
 * document answers `document.body` with an image of that name; the getters of the prototypes do not.
 */

function getterOf<Value>(prototype: object, name: string): (target: object) => Value {
  const get = Object.getOwnPropertyDescriptor(prototype, name)?.get;
  if (!get) throw new TypeError(`This browser has no ${prototype.constructor.name}.${name}.`);
  return (target) => get.call(target) as Value;
}

export const nodeTypeOf = getterOf<number>(Node.prototype, 'nodeType');
const firstChildOf = getterOf<Node | null>(Node.prototype, 'firstChild');
const nextSiblingOf = getterOf<Node | null>(Node.prototype, 'nextSibling');
export const localNameOf = getterOf<string>(Element.prototype, 'localName');
export const namespaceOf = getterOf<string | null>(Element.prototype, 'namespaceURI');
export const attributesOf = getterOf<NamedNodeMap>(Element.prototype, 'attributes');
export const baseUrlOf = getterOf<string>(Node.prototype, 'baseURI');
export const parentOf = getterOf<Node | null>(Node.prototype, 'parentNode');

export const rootElementOf = getterOf<Element | null>(Document.prototype, 'documentElement');
export const doctypeOf = getterOf<DocumentType | null>(Document.prototype, 'doctype');
export const compatModeOf = getterOf<string>(Document.prototype, 'compatMode');
export const contentTypeOf = getterOf<string>(Document.prototype, 'contentType');
export const documentUrlOf = getterOf<string>(Document.prototype, 'URL');
export const titleOf = getterOf<string>(Document.prototype, 'title');
export const adoptedSheetsOf = getterOf<CSSStyleSheet[]>(Document.prototype, 'adoptedStyleSheets');
const fontsDescriptor = getterOf<FontFaceSet>(Document.prototype, 'fonts');
export const fontsOf = (document: Document): FontFace[] => [...fontsDescriptor(document)];

export function childrenOf(node: Node): Node[] {
  const children: Node[] = [];
  for (let child = firstChildOf(node); child; child = nextSiblingOf(child)) children.push(child);
  return children;
}

export function attributeOf(element: Element, name: string): string | null {
  return Element.prototype.getAttribute.call(element, name);
}
