/**
 * A mail address as the HTML standard takes one in a form: ASCII, no quotes, no comments, no display name, no list. What
 * it leaves out is rarely a mailbox, and is what tricks with headers and commands are made of.
 * https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address
 */
export const mailAddressPattern =
  /^([\w.!#$%&'*+/=?^`{|}~-]{1,64})@([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*)$/i;

/** RFC 5321, section 4.5.3.1.3: a path has 256 characters, brackets included. */
export const maxMailAddressCharacters = 254;

/** What that takes, for the settings and for the sentence of a refusal. */
export const mailAddressExpected = 'one mail address such as name@mail.example';

/** The address with its domain in lower case, which is how domains compare; undefined when it is none. */
export function readMailAddress(text: string): string | undefined {
  if (text.length > maxMailAddressCharacters) return undefined;
  const [, mailbox, domain] = mailAddressPattern.exec(text) ?? [];
  return mailbox === undefined || domain === undefined ? undefined : `${mailbox}@${domain.toLowerCase()}`;
}
