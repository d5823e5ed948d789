import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';

import { buildExtension } from '../harness/built-extension.ts';

/** What a package of the built extension weighs. */
export interface PackageSize {
  files: number;
  bytes: number;
  zipBytes: number;
}

/** The format's own parts: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, sections 4.3.7, 4.3.12 and 4.3.16. */
const zipHeaderBytes = { local: 30, central: 46, end: 22 };

/** The size of the zip that a store is given, every file packed as small as its method can. */
export async function measurePackage(browser: 'chrome' | 'firefox'): Promise<PackageSize> {
  const folder = await buildExtension(browser);
  const size: PackageSize = { files: 0, bytes: 0, zipBytes: zipHeaderBytes.end };
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const content = await readFile(path);
    const nameBytes = Buffer.byteLength(path) - Buffer.byteLength(folder) - 1;
    size.files += 1;
    size.bytes += content.length;
    size.zipBytes +=
      Math.min(content.length, deflateRawSync(content, { level: 9 }).length) +
      zipHeaderBytes.local +
      zipHeaderBytes.central +
      2 * nameBytes;
  }
  return size;
}
