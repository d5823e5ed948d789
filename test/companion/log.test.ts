import { describe, expect, it } from 'vitest';

import { createLog, redactText } from '../../companion/log.ts';

describe('redactText', () => {
  it.each([
    [
      'http://h/webhook/KEY-1/events/stream?secret-key=abc&a=b',
      'http://h/webhook/[redacted]/events/stream?secret-key=[redacted]&a=b',
    ],
    ['/webhook/KEY-1', '/webhook/[redacted]'],
    ['GET /ipfs/KEY-1/QmCid?img-width=1 failed', 'GET /ipfs/[redacted]/QmCid?img-width=1 failed'],
    ['GET /ipfs/QmCid failed', 'GET /ipfs/QmCid failed'],
    ['/api/v1/webhook/KEY-1?x=1', '/api/v1/webhook/[redacted]?x=1'],
    [
      '/keyholder/embedded/webhook/upload-link?expires=60',
      '/keyholder/embedded/webhook/upload-link?expires=60',
    ],
    ['https://user:pass@host/path', 'https://[redacted]@host/path'],
    ['/v3/files/1?X-Signature=abc&X-Expires=5', '/v3/files/1?X-Signature=[redacted]&X-Expires=5'],
    ['?jwt=e.y.J', '?jwt=[redacted]'],
    ['/jwt/vQ2k_8dLm3E?claim=true', '/jwt/[redacted]?claim=true'],
    ['nothing to hide', 'nothing to hide'],
  ])('should turn %s into %s', (text, expected) => {
    expect(redactText(text)).toBe(expected);
  });
});

describe('createLog', () => {
  function write(message: string, data?: Record<string, unknown>): string {
    const lines: string[] = [];
    createLog(
      (line) => lines.push(line),
      () => 0,
    )('warn', message, data);
    return lines.join('\n');
  }

  it('should let nobody move the cursor or forge a line', () => {
    const hostile = 'a\n2026 info  Paired\u001b[2J\u009b31m\u202e\u2028b';
    const line = write(hostile, { origin: hostile });
    expect(line).not.toMatch(/[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/u);
    expect(line).toContain('a\\u000a2026 info  Paired\\u001b[2J\\u009b31m\\u202e\\u2028b');
    expect(line).toContain('"a\\n2026 info  Paired\\u001b[2J\\u009b31m\\u202e\\u2028b"');
  });

  it('should write time, level, message and data on one line', () => {
    expect(write('It happened', { blocks: 3n, bytes: new Uint8Array(4) })).toBe(
      '1970-01-01T00:00:00.000Z warn  It happened {"blocks":"3","bytes":"4 bytes"}',
    );
    expect(write('It happened')).toBe('1970-01-01T00:00:00.000Z warn  It happened');
  });

  it('should hide values under the name of a secret, however deep', () => {
    const line = write('x', {
      request: { headers: { 'secret-key': 'S1', Authorization: 'S2' } },
      walletKey: 'S3',
    });
    expect(line).not.toMatch(/S[123]/);
  });

  it('should tell errors with their causes, without the secrets in their texts', () => {
    const error = new Error('GET /webhook/KEY-1 failed', { cause: new Error('?secret-key=S1') });
    const line = write('x', { error });
    expect(line).toContain('failed');
    expect(line).not.toMatch(/KEY-1|S1/);
  });

  it('should survive a value that contains itself', () => {
    const loop: Record<string, unknown> = {};
    loop.self = loop;
    expect(write('x', loop)).toContain('…');
  });
});
