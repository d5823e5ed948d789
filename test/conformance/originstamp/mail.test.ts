import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { eventually } from '../../helpers/eventually.ts';
import { type MailHost, mailUser, startMailHost } from '../../helpers/mail-host.ts';
import { callOriginstamp, digestOf, type OriginstampCaller } from '../../helpers/originstamp-caller.ts';
import {
  type RunningService,
  type RunningServiceOptions,
  startService,
} from '../../helpers/running-service.ts';

const trusted = getCACertificates('default');

let running: RunningService;
let client: OriginstampCaller;
let host: MailHost;
let password: string | undefined;
const settings: NonNullable<RunningServiceOptions['settings']> = { seedCloseSeconds: 1 };

beforeAll(async () => {
  host = await startMailHost();
  setDefaultCACertificates([...trusted, host.certificate]);
  running = await startService({ chain: true, settings, mailPassword: () => password });
  client = callOriginstamp(running);
});
afterAll(async () => {
  setDefaultCACertificates(trusted);
  expect(running.errors).toEqual([]);
  await running.stop();
  await host.close();
});

const mailTo = (target: unknown) => [{ currency: 1, notification_type: 0, target }];

describe('a notification of type 0', () => {
  it('is refused while mail is not configured, step by step', async () => {
    const hash = digestOf('not configured');
    const refused = async () => {
      const answer = await client.create({ hash, notifications: mailTo('a@mail.example') });
      expect(answer).toMatchObject({ data: null, error_code: 9003 });
      expect(answer.error_message).toContain('Mail is not configured');
      return answer.error_message as string;
    };
    expect(await refused()).toContain('smtpHost and smtpFrom');
    Object.assign(settings, {
      smtpHost: 'localhost',
      smtpPort: host.port,
      smtpFrom: 'stamps@mail.example',
      smtpUser: mailUser.user,
    });
    expect(await refused()).toContain('hashmark mail password');
    password = mailUser.password;
    expect(await client.status(hash)).toMatchObject({ error_code: 9005 });
  });

  it('is one mail for all that one seed holds for one address', async () => {
    const items = Array.from({ length: 20 }, (_, index) => ({
      hash: digestOf(`mail ${index}`),
      comment: `no. ${index}`,
      notifications: [...mailTo('a@Mail.EXAMPLE'), ...(index === 7 ? mailTo('b@mail.example') : [])],
    }));
    const answers = await client.bulk(items);
    expect(answers.every((each: { error_code: number }) => each.error_code === 0)).toBe(true);
    await eventually('two mails', () => host.mails.length === 2);
    const toA = host.mails.find(({ to }) => to[0] === 'a@mail.example');
    const toB = host.mails.find(({ to }) => to[0] === 'b@mail.example');
    expect(toA).toMatchObject({
      user: mailUser.user,
      isSecure: true,
      headers: { subject: '20 stamps are final' },
    });
    expect(toB?.headers.subject).toBe('A stamp is final');
    for (const { hash, comment } of items) expect(toA?.text).toContain(`${hash}  “${comment}”`);
    const { transaction, private_key, seed_id } = (await client.status(items[7]?.hash ?? '')).data
      .timestamps[0];
    for (const fact of [transaction, private_key, seed_id, 'proves nothing to strangers'])
      expect(toB?.text).toContain(fact);
  });

  it.each([
    ['two addresses', 'a@mail.example,b@mail.example'],
    ['a header', 'a@mail.example\r\nBcc: b@mail.example'],
    ['a command', 'a@mail.example>\r\nRCPT TO:<b@mail.example'],
    ['a display name', 'A <a@mail.example>'],
    ['a URL', 'https://hooks.example/'],
    ['nothing', ''],
  ])('is refused for %s', async (what, target) => {
    const hash = digestOf(what);
    expect(await client.create({ hash, notifications: mailTo(target) })).toMatchObject({
      data: null,
      error_code: 9003,
    });
    expect(await client.status(hash)).toMatchObject({ error_code: 9005 });
  });

  it('never lets a comment write a header', async () => {
    const before = host.mails.length;
    const comment = 'x\r\nBcc: c@mail.example\r\n\r\n.\r\nSubject: forged';
    await client.create({
      hash: digestOf('hostile comment'),
      comment,
      notifications: mailTo('a@mail.example'),
    });
    const mail = await eventually('the mail', () => host.mails[before]);
    expect(mail.to).toEqual(['a@mail.example']);
    expect(mail.headers).not.toHaveProperty('bcc');
    expect(mail.headers.subject).toBe('A stamp is final');
    expect(mail.text).toContain('“x Bcc: c@mail.example . Subject: forged”');
  });

  it('is counted as the price list says', async () => {
    const before = (await client.usage()).data.consumed_credits;
    await client.create({ hash: digestOf('counted'), notifications: mailTo('a@mail.example') });
    expect((await client.usage()).data.consumed_credits - before).toBeCloseTo(6);
  });
});
