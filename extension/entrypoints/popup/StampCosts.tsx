import type { PopupStore } from './store.ts';

/** What the stamp will cost, where it costs money; said before it is made, since it cannot be taken back. */
export function StampCosts({ store }: { store: PopupStore }) {
  const chain = store.costlyChain.value;
  const method = store.method.data.value;
  if (!chain || !method) return null;
  const { data, error } = store.costs[method];
  const what = method === 'hash-only' ? 'A seed' : 'A stamp';
  if (!data.value || data.value.isFree) {
    return (
      <p class="stamp-costs">
        {what} on {chain} costs money.{' '}
        {error.value
          ? 'How much could not be read now; it never exceeds the ceiling set in the companion.'
          : 'Asking how much.'}
      </p>
    );
  }
  const { expected, most, balance } = data.value;
  return (
    <p class="stamp-costs">
      {what} on {chain} costs about <strong>{expected}</strong> now, at most {most}
      {method === 'hash-only' && ', however many digests it holds'}. Your wallet owns {balance}.
    </p>
  );
}
