import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SitePage {
  type?: string;
  status?: number;
  headers?: Record<string, string>;
  body: string | Uint8Array;
}

export interface WebSite {
  /** `http://127.0.0.1:PORT` */
  origin: string;
  /** The same server under a name that is another origin to browsers. */
  otherOrigin: string;
  /** Paths that were asked for, in order. */
  requests: string[];
  pages: Record<string, SitePage | ((request: IncomingMessage, response: ServerResponse) => void)>;
  close(): Promise<void>;
}

/** Serves pages on a free port of 127.0.0.1; what is not listed is a 404. */
export async function serveSite(pages: WebSite['pages']): Promise<WebSite> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    requests.push(path);
    const page = site.pages[path] ?? site.pages[path.split('?')[0] ?? ''];
    if (typeof page === 'function') return page(request, response);
    if (!page) return response.writeHead(404, { 'content-type': 'text/plain' }).end('not here');
    response.writeHead(page.status ?? 200, { 'content-type': page.type ?? 'text/html', ...page.headers });
    response.end(page.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const site: WebSite = {
    origin: `http://127.0.0.1:${port}`,
    otherOrigin: `http://localhost:${port}`,
    requests,
    pages,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return site;
}
