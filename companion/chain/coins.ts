const weiDecimals = 18;

/** `0.000012 ETH`: four digits that count, rounded up. */
export function formatCoins(wei: bigint, currency: string): string {
  const digits = wei.toString();
  const cut = Math.max(0, digits.length - 4);
  const unit = 10n ** BigInt(cut);
  const rounded = ((wei + unit - 1n) / unit) * unit;
  const text = rounded.toString().padStart(weiDecimals + 1, '0');
  const fraction = text.slice(-weiDecimals).replace(/0+$/, '');
  return `${text.slice(0, -weiDecimals)}${fraction ? `.${fraction}` : ''} ${currency}`;
}
