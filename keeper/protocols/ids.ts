/** Keys of the venues, in a file of their own so that the configuration can name them without loading any. */
export const PROTOCOL_IDS = [
  "aave-v3",
  "erc4626",
  "gearbox",
  "lido",
  "etherfi",
  "swell",
  "stader",
  "kelp",
  "renzo",
  "bedrock",
  // Yield vaults and what they build on.
  "yearn-v3",
  "sommelier",
  "beefy",
  "frax",
  "puffer",
  "arrakis",
  "uniswap-v3",
  "uniswap-v4",
  "curve",
  "pendle",
  "pendle-lp",
] as const;
export type ProtocolId = (typeof PROTOCOL_IDS)[number];

export const isProtocolId = (value: string): value is ProtocolId => PROTOCOL_IDS.some((id) => id === value);
