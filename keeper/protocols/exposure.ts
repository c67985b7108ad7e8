/**
 * What a position in a venue is exposed to, for the stress tests. Where the venue decides by itself what it holds, the figure is
 * the upper end: a range ends up all in the token that fell.
 */
import type { ProtocolId } from "./ids.ts";

export interface Exposure {
  /** Share of the position whose value follows the price of a staked token, 0..1. */
  readonly stakedShare: number;
  /** True when the position is lent out, so that full utilization stops withdrawals. */
  readonly isLent: boolean;
}

const lent: Exposure = { stakedShare: 0, isLent: true };
const staked: Exposure = { stakedShare: 1, isLent: false };
/** Holds staked tokens and lends or borrows against them. */
const both: Exposure = { stakedShare: 1, isLent: true };

export const EXPOSURE: Readonly<Record<ProtocolId, Exposure>> = {
  "aave-v3": lent,
  erc4626: lent,
  gearbox: lent,
  lido: staked,
  etherfi: staked,
  swell: staked,
  stader: staked,
  kelp: staked,
  renzo: staked,
  bedrock: staked,
  "yearn-v3": lent,
  sommelier: both,
  beefy: lent,
  frax: staked,
  puffer: staked,
  arrakis: staked,
  "uniswap-v3": staked,
  "uniswap-v4": staked,
  curve: staked,
  pendle: staked,
  "pendle-lp": staked,
};
