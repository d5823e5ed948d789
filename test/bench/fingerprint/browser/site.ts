import { bundleModule } from '../../../helpers/bundle-module.ts';
import { serveSite, type WebSite } from '../../../helpers/web-site.ts';

/** The measured page on loopback: the extension's own fingerprint modules, without the extension around them. */
export async function serveBenchPage(): Promise<WebSite> {
  const script = async (path: string) => ({ type: 'text/javascript', body: await bundleModule(path) });
  return serveSite({
    '/': {
      body: '<!doctype html><title>Fingerprints</title><input type="file" multiple><script type="module" src="/page.js"></script>',
    },
    '/page.js': await script('test/bench/fingerprint/browser/page.ts'),
    '/worker.js': await script('test/helpers/fingerprint-worker.ts'),
    '/peer-worker.js': await script('test/bench/fingerprint/browser/peer-worker.ts'),
  });
}
