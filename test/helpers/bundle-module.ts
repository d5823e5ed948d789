import { resolve } from 'node:path';
import { build, type Rollup } from 'vite';

const root = resolve(import.meta.dirname, '../..');

/** A module of the project and everything it imports as one script that a page can `import()`. */
export async function bundleModule(path: string): Promise<string> {
  const built = (await build({
    configFile: false,
    root,
    logLevel: 'error',
    build: {
      write: false,
      minify: false,
      target: 'es2023',
      // What is imported later is part of the one script, too.
      rolldownOptions: { output: { codeSplitting: false } },
      lib: { entry: resolve(root, path), formats: ['es'], fileName: 'module' },
    },
  })) as Rollup.RollupOutput[];
  const [chunk] = built[0]?.output ?? [];
  if (!chunk) throw new Error(`Nothing came of bundling ${path}.`);
  return chunk.code;
}
