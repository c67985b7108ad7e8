/** Amounts that every test and the embedded chain speak in. */
export const ETHER = 10n ** 18n;
export const WAD = 10n ** 18n;
