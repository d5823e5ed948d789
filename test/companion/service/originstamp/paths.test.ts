import { describe, expect, it } from 'vitest';

import { toOriginstampPath } from '../../../../companion/service/originstamp/paths.ts';

describe('toOriginstampPath', () => {
  it.each([
    ['/v4/timestamp/create', '', '/v4/timestamp/create'],
    ['//v4//timestamp///create', '', '/v4/timestamp/create'],
    ['/v4', '', '/v4'],
    ['/v4/', '', '/v4/'],
    ['/v3/timestamp/abc', '', '/v3/timestamp/abc'],
    ['/v3/api_key/usage', '', '/v3/api_key/usage'],
    ['/v3/currencies/get', '', '/v3/currencies/get'],
    ['/v3/webhook/start', '', '/v3/webhook/start'],
    ['/os/v4/timestamp/create', '/os', '/v4/timestamp/create'],
    ['//os//api/v3/currencies/get', '/os/api', '/v3/currencies/get'],
    // The companion itself does not know the prefix.
    ['/v4/timestamp/create', '/os', '/v4/timestamp/create'],
  ])('takes %s with the prefix "%s" for %s', (path, prefix, expected) => {
    expect(toOriginstampPath(path, prefix)).toBe(expected);
  });

  it.each([
    ['/v3/files/abc', ''],
    ['/v3', ''],
    ['/v3/timestamps', ''],
    ['/v40/timestamp', ''],
    ['/api/v4/timestamp/create', ''],
    ['/os/v4/timestamp/create', ''],
    ['/osv4/timestamp/create', '/os'],
    ['/os', '/os'],
    ['/OS/v4/timestamp/create', '/os'],
    ['/os/v3/files/abc', '/os'],
    ['/', ''],
  ])('leaves %s with the prefix "%s" to others', (path, prefix) => {
    expect(toOriginstampPath(path, prefix)).toBeUndefined();
  });
});
