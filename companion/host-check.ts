import type { MiddlewareHandler } from 'hono';

/** The names under which this computer reaches itself. */
const loopbackNames = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * Refuses every request that was addressed to another name or port than ours. A web page that makes its own name point
 * to 127.0.0.1 (DNS rebinding) is of one origin with itself, so neither CORS nor `Origin` stops it: its `Host` does.
 * @param port the port we listen on.
 */
export function checkHost(port: () => number): MiddlewareHandler {
  return async (c, next) => {
    const host = c.req.header('host') ?? '';
    if (!isOwnAddress(host, port())) {
      return c.json(
        {
          success: false,
          code: 'wrong-host',
          message: 'This companion answers only to its own address on this computer.',
        },
        421,
      );
    }
    return next();
  };
}

/** Whether a `Host` header names this computer itself, with the port we listen on. */
export function isOwnAddress(host: string, port: number): boolean {
  return loopbackNames.some((name) =>
    [`${name}:${port}`, ...(port === 80 ? [name] : [])].includes(host.toLowerCase()),
  );
}
