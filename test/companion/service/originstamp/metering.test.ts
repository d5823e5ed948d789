import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { liveSettings } from '../../../../companion/service/context.ts';
import { type Ledger, openLedger } from '../../../../companion/service/ledger/database.ts';
import { putTenant } from '../../../../companion/service/ledger/tenants.ts';
import { createMetering } from '../../../../companion/service/originstamp/metering.ts';

const tenantId = 'acme';

async function open(settings: Record<string, number> = {}) {
  const ledger = openLedger(':memory:');
  await ledger.write((db) => putTenant(db, { id: tenantId, name: 'Acme', apiKey: 'a', secretKey: 's' }, 0));
  onTestFinished(() => ledger.close());
  const errors: string[] = [];
  const metering = (of: Ledger = ledger) =>
    createMetering({
      ledger: of,
      settings: liveSettings(() => settings),
      log: (_level, message) => errors.push(message),
      now: () => Date.UTC(2026, 0, 31),
    });
  return { ledger, metering, errors, settings };
}

describe('what a transaction spends', () => {
  it('is stored with it, or not at all', async () => {
    const { ledger, metering } = await open();
    const meter = metering();
    const work = (fails: boolean) =>
      ledger.write((db) => {
        const account = meter.open(db, tenantId);
        account.spend(['create', 'webhook']);
        account.save();
        if (fails) throw new Error('no');
      });
    await work(false);
    await expect(work(true)).rejects.toThrow('no');
    expect(meter.usage(tenantId)).toMatchObject({ timestamps: 1, certificates: 0, creditTenths: 25 });
  });

  it('is all of one item, or none', async () => {
    const { ledger, metering } = await open({ originstampCreditsPerMonth: 2 });
    const meter = metering();
    await ledger.write((db) => {
      const account = meter.open(db, tenantId);
      expect(() => account.spend(['create', 'webhook'])).toThrow(/2 credits/);
      account.spend(['create']);
      account.spend(['create']);
      expect(() => account.spend(['createKnown'])).toThrow(/2 credits/);
      account.save();
    });
    expect(meter.usage(tenantId)).toMatchObject({ timestamps: 2, creditTenths: 20 });
  });
});

describe('what reads spend', () => {
  it('counts at once, and is stored at the end', async () => {
    const { metering } = await open();
    const meter = metering();
    for (let count = 0; count < 10; count++) meter.spend(tenantId, 'status');
    expect(meter.usage(tenantId).creditTenths).toBe(30);
    await meter.stop();
    expect(metering().usage(tenantId).creditTenths).toBe(30);
  });

  it('is stored by itself after a while', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const { metering } = await open();
    const meter = metering();
    meter.spend(tenantId, 'status');
    await vi.advanceTimersByTimeAsync(1_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(metering().usage(tenantId).creditTenths).toBe(3);
    expect(meter.usage(tenantId).creditTenths).toBe(3);
  });

  it('is counted once when it cannot be stored, and stored later', async () => {
    const { ledger, metering, errors } = await open();
    let isBroken = true;
    const meter = metering({
      ...ledger,
      db: ledger.db,
      write: (work) =>
        ledger.write((db) => {
          const result = work(db);
          if (isBroken) throw new Error('disk full');
          return result;
        }),
    });
    meter.spend(tenantId, 'rawProof');
    await meter.stop();
    expect(errors).toHaveLength(1);
    expect(meter.usage(tenantId).creditTenths).toBe(30);
    isBroken = false;
    await meter.stop();
    expect(meter.usage(tenantId).creditTenths).toBe(30);
    expect(metering().usage(tenantId).creditTenths).toBe(30);
  });

  it('ends with its quota', async () => {
    const { metering, settings } = await open({ originstampCertificatesPerMonth: 1 });
    const meter = metering();
    meter.spend(tenantId, 'certificate');
    expect(() => meter.spend(tenantId, 'certificate')).toThrow(/: 1 certificate \(/);
    meter.spend(tenantId, 'rawProof');
    settings.originstampCertificatesPerMonth = 2;
    meter.spend(tenantId, 'certificate');
    expect(meter.usage(tenantId)).toMatchObject({ certificates: 2, creditTenths: 130 });
  });
});
