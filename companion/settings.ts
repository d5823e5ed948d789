import { mailAddressExpected, mailAddressPattern, maxMailAddressCharacters } from './mail-address.ts';
import {
  byteCount,
  choice,
  count,
  flag,
  line,
  orAutomatic,
  orUnlimited,
  type Setting,
  urlList,
} from './setting-kinds.ts';

/**
 * Everything a user can set, in the order in which it is listed: `hashmark settings` reads, checks, lists and explains
 * from here. Names carry their unit. A name that was released keeps its meaning: another unit is another name.
 */
export const settings = {
  webhookEnabled: flag({
    default: true,
    description:
      'whether the webhook API works; false refuses all but HEAD and the event stream, and keeps what is stored',
  }),
  maxFileBytes: byteCount({
    default: 8 * 1024 ** 3,
    from: 1,
    description: 'largest file that is taken',
  }),
  maxStorageBytes: orUnlimited(byteCount, {
    default: null,
    from: 1,
    description: 'how much all stored files may take together',
  }),
  requestsPerMinute: orUnlimited(count, {
    default: 100,
    from: 1,
    to: 1_000_000,
    description:
      'API requests a minute from one address that is not this computer’s; for public reads, ten times as many',
  }),
  eventHistoryDays: orUnlimited(count, {
    default: 365,
    from: 1,
    to: 36_500,
    description: 'how long events are kept for readers that come back',
  }),
  creditBudget: orUnlimited(count, {
    default: null,
    from: 0,
    description:
      'how many stamps may be made, counted from when this is first set; raise it to allow more, reset it to stop counting',
  }),
  stampsRegisteredHashes: flag({
    default: false,
    description: 'whether hashes registered without a file are stamped with their group',
  }),
  seedCloseSeconds: orAutomatic(count, {
    default: null,
    from: 1,
    to: 86_400,
    description:
      'how long digests are gathered for one transaction, from the first of them; automatic: 3 on the local chain, 600 where a transaction costs money',
  }),
  seedCloseDigests: count({
    default: 1_000_000,
    from: 1,
    to: 5_000_000,
    description: 'how many digests are enough for a transaction, however little time has passed',
  }),
  maxImagePixels: count({
    default: 50_000_000,
    from: 1,
    to: 1_000_000_000,
    description: 'largest image, in pixels, that is resized; larger ones are served as they are',
  }),
  imageCacheBytes: byteCount({
    default: 256 * 1024 ** 2,
    from: 0,
    description: 'how much resized images may take on disk',
  }),
  publicUrl: line({
    default: '',
    description:
      'origin under which others reach this service, through a proxy of yours; it stands in links that are handed on',
    expected: 'an origin such as https://stamps.example',
    maxCharacters: 200,
    pattern: /^https?:\/\/[a-z0-9.-]+(:\d{1,5})?$/,
  }),
  tenantHost: line({
    default: '',
    description: 'host name that clients show and name folders by; none takes that of publicUrl',
    expected: 'a host name without port, such as stamps.example',
    maxCharacters: 200,
    pattern: /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/,
  }),
  brandName: line({
    default: '',
    description: 'who issues the stamps, as public pages and the verification widget show it',
    expected: 'a name',
    maxCharacters: 80,
  }),
  brandLogo: line({
    default: '',
    description: 'square logo beside that name',
    expected: 'an http(s) address or a CID',
    maxCharacters: 500,
    pattern: /^(https?:\/\/[^\s<>"'&]+|[A-Za-z0-9]{46,120})$/,
  }),
  brandWideLogo: line({
    default: '',
    description: 'wide logo, for widgets that have room for it',
    expected: 'an http(s) address or a CID',
    maxCharacters: 500,
    pattern: /^(https?:\/\/[^\s<>"'&]+|[A-Za-z0-9]{46,120})$/,
  }),
  brandLink: line({
    default: '',
    description: 'where the name leads; none leads to this service',
    expected: 'a host and path without scheme, such as example.org/about',
    maxCharacters: 200,
    pattern: /^[a-z0-9][a-z0-9.-]*(:\d{1,5})?(\/[^\s<>"'&]*)?$/,
  }),
  tokensStayInGroup: flag({
    default: false,
    description:
      'whether a token minted for a group is refused in every other; otherwise that group is only where it writes when none is named',
  }),
  esploraUrls: urlList({
    default: [],
    description:
      'Esplora servers through which `hashmark verify --proof` reads Bitcoin; they learn which root is looked up, and several must agree',
  }),
  originstampPrefix: line({
    default: '',
    description: 'path before /v3 and /v4 under which OriginStamp clients reach this service, too',
    expected: 'a path such as /originstamp',
    maxCharacters: 100,
    pattern: /^(\/[A-Za-z0-9._~-]+)+$/,
  }),
  originstampTimestampsPerMonth: orUnlimited(count, {
    default: null,
    from: 0,
    to: 1_000_000_000,
    description: 'how many new digests one OriginStamp key may submit in a calendar month, UTC',
  }),
  originstampCertificatesPerMonth: orUnlimited(count, {
    default: null,
    from: 0,
    to: 1_000_000_000,
    description: 'how many PDF certificates one OriginStamp key may fetch in a calendar month, UTC',
  }),
  originstampCreditsPerMonth: orUnlimited(count, {
    default: null,
    from: 0,
    to: 1_000_000_000,
    description: 'how many credits, by OriginStamp’s price list, one key may use in a calendar month, UTC',
  }),
  webhookPrivateTargets: flag({
    default: false,
    description:
      'whether webhooks may go to addresses of this computer and of private networks; whoever has a key can then reach what is there',
  }),
  smtpHost: line({
    default: '',
    description: 'mail server that takes mails about final stamps; none refuses requests that ask for mail',
    expected: 'a host name or IP address without port, such as smtp.mail.example',
    maxCharacters: 253,
    pattern: /^([a-z0-9]([a-z0-9.-]*[a-z0-9])?|[0-9a-f.]*:[0-9a-f:.]*)$/i,
  }),
  smtpPort: count({
    default: 587,
    from: 1,
    to: 65_535,
    description: 'port of the mail server; 587 is usual for smtpTls starttls, 465 for tls',
  }),
  smtpTls: choice({
    default: 'starttls',
    words: ['starttls', 'tls', 'none'],
    description:
      'how mails to that server are encrypted: starttls before anything is sent, tls from the first byte, or none, which never sends a password but to this computer',
  }),
  smtpUser: line({
    default: '',
    description:
      'user name at the mail server, none for no login; `hashmark mail password` stores the password',
    expected: 'a user name',
    maxCharacters: 200,
  }),
  smtpFrom: line({
    default: '',
    description: 'mail address that mails come from',
    expected: mailAddressExpected,
    maxCharacters: maxMailAddressCharacters,
    pattern: mailAddressPattern,
  }),
} satisfies Record<string, Setting<unknown>>;

export type SettingName = keyof typeof settings;

/** The values that hold: what the user set, and the defaults of the rest. */
export type Settings = {
  readonly [Name in SettingName]: (typeof settings)[Name] extends Setting<infer Value> ? Value : never;
};

/** What the user set, and nothing else. */
export type StoredSettings = { [Name in SettingName]?: Settings[Name] };

/** Every name, in the order of the list. */
export const settingNames = Object.keys(settings) as SettingName[];

/** What holds with these things set: the defaults fill the rest. */
export function withDefaults(stored: StoredSettings): Settings {
  return Object.fromEntries(
    settingNames.map((name) => [name, name in stored ? stored[name] : settings[name].default]),
  ) as Settings;
}
