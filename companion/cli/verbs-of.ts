import { type Command, Option } from 'commander';

/** What every verb of a group takes. */
export interface GroupVerbOptions {
  home?: string;
  json?: boolean;
}

/** Gives a function that adds a verb, `hashmark <group> <verb>`, with the options that all of them take. */
export function verbsOf(group: Command) {
  return (usage: string, summary: string, options?: { isDefault: boolean }): Command =>
    group
      .command(usage, options)
      .summary(summary)
      .description(summary)
      .addOption(new Option('--home <dir>', 'folder of the companion').env('HASHMARK_HOME'))
      .addOption(new Option('--json', 'print JSON for programs'));
}
