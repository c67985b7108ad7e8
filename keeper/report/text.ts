/** Small pieces of the page that its sections share. */

/** Text that stands in a page as it was, whatever it contains. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[c] ?? c);

export const pct = (value: number | null, digits = 2): string => (value === null ? "–" : `${value.toFixed(digits)} %`);

export const short = (hex: string | null): string => (hex === null ? "–" : `${hex.slice(0, 6)}…${hex.slice(-4)}`);

/** For reading: three decimals and thousands apart; the exact amount stands in run.json. */
export const weth = (amount: string): string =>
  Number(amount)
    .toFixed(3)
    .replace(/\B(?=(\d{3})+(?=\.))/g, ",");
