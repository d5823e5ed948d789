/**
 * True for the names and addresses of this computer itself: nobody stands between it and us.
 * @param hostname as `URL` has it, IPv6 in brackets.
 */
export function isLoopbackHost(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}
