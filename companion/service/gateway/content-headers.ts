/** Shown by browsers without running anything: these may appear in a tab, everything else is a download. */
const inlineTypes = new Set([
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'image/avif',
  'image/bmp',
  'image/apng',
  'application/pdf',
  'application/json',
  'text/plain',
  'text/csv',
  'text/markdown',
]);

/**
 * Headers that keep uploaded content from acting in our origin's name, whatever it is: exact type and no sniffing,
 * nothing it refers to is loaded or run, and active types (HTML, SVG, XML, unknown ones) are downloads.
 *
 * @param mimetype as stored: lower case, no parameters.
 * @param name offered for saving; the CID when nothing may be told.
 */
export function contentHeaders({
  mimetype,
  name,
}: {
  mimetype: string;
  name: string;
}): Record<string, string> {
  const isInline = inlineTypes.has(mimetype) || /^(audio|video)\//.test(mimetype);
  return {
    'Content-Type': contentType(mimetype),
    'Content-Disposition': `${isInline ? 'inline' : 'attachment'}; ${filenameParameters(name)}`,
    'Content-Security-Policy': mimetype === 'application/pdf' ? pdfPolicy : sandboxPolicy,
    'X-Content-Type-Options': 'nosniff',
    'Cross-Origin-Resource-Policy': 'cross-origin',
    'Referrer-Policy': 'no-referrer',
    'Accept-Ranges': 'bytes',
  };
}

const sandboxPolicy =
  "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src 'self'";
/** Chromium's viewer is a plug-in, which `sandbox` blocks. A PDF's own scripts never get our origin. */
const pdfPolicy = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; img-src data:";

/** Text says its encoding. JSON must stay bare: a known reader takes the whole value for the type. */
function contentType(mimetype: string): string {
  return mimetype.startsWith('text/') ? `${mimetype}; charset=utf-8` : mimetype;
}

/** RFC 6266: an ASCII form for everybody, and the true name in UTF-8. */
function filenameParameters(name: string): string {
  const ascii = name.replace(/[^ -~]/g, '_').replace(/["\\%]/g, '_');
  const utf8 = encodeURIComponent(name.toWellFormed()).replace(
    /['()*!]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `filename="${ascii}"; filename*=UTF-8''${utf8}`;
}
