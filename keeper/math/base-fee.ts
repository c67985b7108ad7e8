/** The base fee of the next block, by the rule of EIP-1559 in integers: given the parent it is certain, not forecast. */
import { InputError } from "../kernel/errors.ts";

/** Mainnet's constants; other chains set their own. */
export const ELASTICITY = 2n;
export const MAX_CHANGE_DENOMINATOR = 8n;

export class BlockNotPossibleError extends InputError {
  readonly code = "BLOCK_NOT_POSSIBLE";
  constructor(gasUsed: bigint, gasLimit: bigint, baseFee: bigint) {
    super(
      `No block has gas used ${gasUsed}, gas limit ${gasLimit} and base fee ${baseFee}. Read the parent header again.`,
    );
  }
}

/**
 * @param parent wei per gas, and gas units of the parent block.
 * @returns wei per gas of its child.
 * @see EIP-1559, "Specification", `expected_base_fee_per_gas`.
 */
export function nextBaseFee(parent: {
  readonly baseFee: bigint;
  readonly gasUsed: bigint;
  readonly gasLimit: bigint;
}): bigint {
  const { baseFee, gasUsed, gasLimit } = parent;
  const target = gasLimit / ELASTICITY;
  if (gasUsed < 0n || gasUsed > gasLimit || target <= 0n || baseFee < 0n)
    throw new BlockNotPossibleError(gasUsed, gasLimit, baseFee);
  if (gasUsed === target) return baseFee;
  if (gasUsed > target) {
    const rise = (baseFee * (gasUsed - target)) / target / MAX_CHANGE_DENOMINATOR;
    // A full block always raises the fee, even from zero.
    return baseFee + (rise > 0n ? rise : 1n);
  }
  return baseFee - (baseFee * (target - gasUsed)) / target / MAX_CHANGE_DENOMINATOR;
}
