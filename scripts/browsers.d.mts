/** Path of a Chromium, or undefined where there is none. */
export function findChromium(): string | undefined;
/** Path of a Firefox, or undefined where there is none. */
export function findFirefox(): string | undefined;
