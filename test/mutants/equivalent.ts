/** Faults of `npm run test:mutation` that no test can notice, each with the argument. An entry that a test does notice fails the run. */

export interface Equivalent {
  /** As the run prints it. */
  readonly id: string;
  readonly why: string;
}

export const EQUIVALENT: readonly Equivalent[] = [
  {
    id: "Rebalancer._requireOpen | drop | revert Errors.LiquidityVault_PriceForbids(t.info.id(), status) dropped",
    why: "The guard's requireInflow on the line before always reverts there: a sync that did not answer Normal leaves the strategy recovering or closed, and the guard's own quote then does not answer Normal in the same transaction either.",
  },
  {
    id: "StrategyReports._readPosition | constant | MAX_ASSETS -> + 1",
    why: "The test only keeps the sum of the next line from overflowing; parts whose bits reach 2^88 have a sum of at least that, which the next line refuses.",
  },
  {
    id: "LiquidityVault.fundQueue | drop | _totals.owes = false dropped",
    why: "The flag only saves reading what is owed; when nothing is owed, both readings give the same.",
  },
  ...["_totals.debtIds == 0 -> !=", "_totals.debtIds == 0 -> 0 + 1"].map((change) => ({
    id: `Rebalancer._rebalance | ${change.includes("!=") ? "boundary" : "constant"} | ${change}`,
    why: "While there is no debt nothing reads the stored time of the oldest report, and the first debt that comes renews it; renewing it once more changes nothing.",
  })),
  {
    id: "VaultFees._accrueFees | constant | assets != 0 -> 0 + 1",
    why: "Of one wei every fee rounds down to nothing.",
  },
  ...["drop | continue dropped", "constant | 1 << id -> 1 - 1"].map((change) => ({
    id: `Rebalancer._gather | ${change}`,
    why: "A strategy listed twice is reported twice at one moment: the second report finds the books where the first left them.",
  })),
  {
    id: "RedeemQueue.requestRedeem | modifier | nonReentrant dropped",
    why: "The one call it makes is the vault's transferFrom, which calls nobody; the modifier is there for a vault that would.",
  },
  {
    id: "RedeemQueue.cancelRedeemRequest | modifier | nonReentrant dropped",
    why: "The one call it makes, last of all, is the vault's transfer of shares, which calls nobody.",
  },
  {
    id: "RedeemQueue._seekOldest | drop | own.firstWord = uint40(id >> 8) dropped",
    why: "It only saves reading words that are empty: the search then starts where it started before, and finds the same.",
  },
  {
    id: "LiquidityVault.maxDeposit | boundary | assets >= MAX_ASSETS -> >",
    why: "Where both are equal the room that is left is zero either way.",
  },
  {
    id: "OracleGuard._narrow | boundary | int256(most) > 0 -> >=",
    why: "The smaller of any bound and a greatest answer of zero is zero, as for a negative one.",
  },
  ...["BoundedCall._refuseStarved", "BoundedCall.tryRead"].map((where) => ({
    id: `${where} | constant | READ_GAS -> - 1`,
    why: "Moves the line by one gas of three million.",
  })),
  {
    id: "OracleGuard._band | boundary | market > redemption -> >=",
    why: "Where both are equal the distance is zero whichever is taken from the other.",
  },
  {
    id: "BoundedCall._refuseStarved | boundary | given >= READ_GAS -> >",
    why: "Moves the line by one gas of three million.",
  },
  {
    id: "BoundedCall.tryStaticCall | constant | target.code.length == 0 -> 0 + 1",
    why: "An address without code answers nothing, and every reader asks for the length of the answer.",
  },
  {
    id: "Rebalancer._gather | constant | STRATEGY_SLOTS -> + 1",
    why: "The list is shortened to what was written; one place more is never used.",
  },
  {
    id: "StrategyExits._pull | boundary | pulled < needed -> <=",
    why: "What is still needed is zero then, and nothing is asked of a strategy for nothing.",
  },
  {
    id: "VaultFees._accrueFees | constant | shares != 0 -> 0 + 1",
    why: "A fee of a wei is a million shares at the first price; it would be none or one after a rise by a factor of a million only, and one more or less is a millionth of a wei.",
  },
];
