import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A style sheet of pages, after what all of them have in common. Read once, when the companion starts. */
export function readStyle(path: string): string {
  return [join(import.meta.dirname, 'base.css'), path].map((each) => readFileSync(each, 'utf8')).join('\n');
}
