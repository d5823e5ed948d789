/** Every path of version 4, and of version 3 the folders that are this API's: `/v3/files` is the upload endpoint of another. */
const ownPath = /^\/(v4|v3\/(timestamp|api_key|currencies|webhook))(\/|$)/;

/**
 * The path as this API's routes know it: without the prefix, doubled slashes as one (clients put their base path and a
 * path together as they come). Undefined when it is not this API's. Without the prefix it is served, too: the companion
 * itself uses it so.
 * @param prefix as the setting `originstampPrefix` holds it, for instance `/originstamp`; empty for none.
 */
export function toOriginstampPath(path: string, prefix: string): string | undefined {
  const tidy = path.replace(/\/{2,}/g, '/');
  const own = prefix !== '' && tidy.startsWith(`${prefix}/`) ? tidy.slice(prefix.length) : tidy;
  return ownPath.test(own) ? own : undefined;
}
