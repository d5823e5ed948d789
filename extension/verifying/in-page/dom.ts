/** Attributes of a new element; `class`, `aria-…` and so on as they are written in HTML. */
type Attributes = Record<string, string>;

const svgNamespace = 'http://www.w3.org/2000/svg';

/** A new element with attributes and children; text is text, never markup. */
export function html<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** A sign drawn from one path in a 16 by 16 box; hidden from assistive technology, which has the word. */
export function sign(path: string): SVGSVGElement {
  const svg = document.createElementNS(svgNamespace, 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('aria-hidden', 'true');
  const line = document.createElementNS(svgNamespace, 'path');
  line.setAttribute('d', path);
  svg.append(line);
  return svg;
}
