import { getDocumentProxy } from 'unpdf';

/** What a reader of a PDF can get at. */
export interface ReadPdf {
  /** One text per page, as a selection of all of it would copy it. */
  pages: string[];
  /** In points. */
  sizes: [width: number, height: number][];
  attachments: Record<string, Uint8Array>;
  /** Addresses that a click opens. */
  links: string[];
  hasScript: boolean;
  /** What the pages are to a reader who cannot see them: the roles of each, in order. */
  roles: string[][];
  title: unknown;
}

export async function readPdf(bytes: Uint8Array): Promise<ReadPdf> {
  const pdf = await getDocumentProxy(bytes.slice(), { verbosity: 0 });
  try {
    const read: ReadPdf = {
      pages: [],
      sizes: [],
      attachments: {},
      links: [],
      hasScript: (await pdf.getJSActions()) !== null,
      roles: [],
      title: ((await pdf.getMetadata()).info as { Title?: string }).Title,
    };
    for (let number = 1; number <= pdf.numPages; number += 1) {
      const page = await pdf.getPage(number);
      const { items } = await page.getTextContent();
      read.pages.push(
        items.map((item) => ('str' in item ? item.str + (item.hasEOL ? '\n' : '') : '')).join(''),
      );
      const { width, height } = page.getViewport({ scale: 1 });
      read.sizes.push([width, height]);
      for (const annotation of await page.getAnnotations())
        read.links.push(annotation.url ?? annotation.subtype);
      read.roles.push(rolesOf(await page.getStructTree()));
    }
    for (const [name] of (await pdf.getAttachments()) ?? []) {
      read.attachments[name] = (await pdf.getAttachmentContent(name)) ?? new Uint8Array();
    }
    return read;
  } finally {
    await pdf.loadingTask.destroy();
  }
}

function rolesOf(node: unknown): string[] {
  const { role, children = [] } = (node ?? {}) as { role?: string; children?: unknown[] };
  return [...(role ? [role] : []), ...children.flatMap(rolesOf)];
}
