import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A server over TLS on a free port of this computer. */
export interface TlsSite {
  /** `https://localhost:PORT` */
  origin: string;
  /** PEM. */
  certificate: string;
  close(): Promise<void>;
}

/** Serves over TLS with a certificate that is made on the spot and that nobody trusts. */
export async function serveOverTls(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<TlsSite> {
  const identity = await makeCertificate();
  const server = createServer(identity, handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `https://localhost:${(server.address() as AddressInfo).port}`,
    certificate: identity.cert,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A fresh certificate for `localhost`, signed by itself, in PEM. */
export async function makeCertificate(): Promise<{ key: string; cert: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'hashmark-tls-'));
  const [keyPath, certPath] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  try {
    const request =
      'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost';
    await run('openssl', [...request.split(' '), '-keyout', keyPath, '-out', certPath]);
    return { key: await readFile(keyPath, 'utf8'), cert: await readFile(certPath, 'utf8') };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
