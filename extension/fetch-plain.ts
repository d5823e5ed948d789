/** `fetch` without cookies: neither a chain's endpoint nor a link to a file has a use for them. */
export function fetchPlain(url: string, init?: RequestInit): Promise<Response> {
  return fetch(url, { ...init, credentials: 'omit' });
}
