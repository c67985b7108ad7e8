/** What the contracts' refusals mean and what to do, for owners and operators; the exact error always stands beside it. */

type Args = Readonly<Record<string, string>>;

const PRICE_STATUS = ["Closed", "Normal", "NoInflow", "ExitOnly", "Frozen"];
const STRATEGY_STATE = ["None", "Active", "ReduceOnly", "Frozen", "Revoked"];
const PROPOSAL_STATE = ["never proposed", "proposed", "executed", "cancelled", "aborted"];

const name = (names: readonly string[], index: string | undefined): string =>
  names[Number(index)] ?? `unknown (${index})`;
const time = (seconds: string | undefined): string =>
  Number(seconds) > 0
    ? `${new Date(Number(seconds) * 1000).toISOString().slice(0, 16).replace("T", " ")} UTC`
    : "never";
/** Wei as WETH with six decimals; integers only, so that nothing is rounded up. */
const weth = (wei: string | undefined): string => {
  const amount = BigInt(wei ?? "0");
  return `${amount / 10n ** 18n}.${((amount % 10n ** 18n) / 10n ** 12n).toString().padStart(6, "0")} WETH`;
};
const priced =
  (what: string) =>
  (a: Args): string =>
    `the price of strategy ${a["id"]} allows ${what}: status ${name(PRICE_STATUS, a["status"])}, ` +
    `${a["updatedAt"] === "0" ? "no market feed" : `last feed round ${time(a["updatedAt"])}`}; wait for fresh rounds at par, then propose again`;

const WORDS: Readonly<Record<string, (args: Args) => string>> = {
  AccessManagedUnauthorized: (a) =>
    `${a["caller"]} lacks the role for this call; the AccessManager's admin grants it, e.g. role 3 to propose`,
  OracleGuard_NoInflow: priced("no inflow"),
  OracleGuard_NotPriced: priced("no move at all"),
  LiquidityVault_PriceForbids: (a) =>
    `the price of strategy ${a["id"]} forbids the move: status ${name(PRICE_STATUS, a["status"])}`,
  LiquidityVault_StateForbids: (a) =>
    `strategy ${a["id"]} is ${name(STRATEGY_STATE, a["state"])} in the registry and forbids the move`,
  LiquidityVault_NavOutOfTolerance: (a) =>
    `the vault's NAV is ${weth(a["nav"])}, the proposal was made for ${weth(a["refNav"])} within ${a["toleranceBps"]} basis points; propose again`,
  LiquidityVault_CapExceeded: (a) => `strategy ${a["id"]} would hold ${weth(a["debt"])}, its cap is ${weth(a["cap"])}`,
  LiquidityVault_RiskCapExceeded: (a) =>
    `risk id ${a["riskId"]} would hold ${weth(a["debt"])}, its cap is ${weth(a["cap"])}`,
  LiquidityVault_IdleTooLow: (a) => `${weth(a["idle"])} would stay idle, ${weth(a["needed"])} must`,
  LiquidityVault_ReceivedTooLow: (a) =>
    `strategy ${a["id"]} paid ${weth(a["received"])}, signed was at least ${weth(a["minReceived"])}`,
  LiquidityVault_ValueTooLow: (a) =>
    `strategy ${a["id"]} gained ${weth(a["value"])}, signed was at least ${weth(a["minValue"])}`,
  LiquidityVault_ReportFailed: (a) =>
    `the adapter of strategy ${a["id"]} does not report; the guardian should look at it`,
  StrategyRegistry_InflowBudgetExceeded: (a) =>
    `strategy ${a["id"]} may take ${weth(a["left"])} more today, asked are ${weth(a["assets"])}`,
  ProposalModule_WrongState: (a) => `the proposal is ${name(PROPOSAL_STATE, a["state"])}`,
  ProposalModule_NonceUsed: () => "the nonce was used: the proposal was executed, cancelled or aborted before",
  ProposalModule_NotYet: (a) => `the proposal is valid from ${time(a["notBefore"])}`,
  ProposalModule_Expired: (a) => `the proposal expired at ${time(a["deadline"])}; propose again`,
  ProposalModule_OldEpoch: () =>
    "risk, oracle or policy configuration changed since the proposal was made; propose again",
  ProposalModule_Cooldown: (a) => `the next execution may happen at ${time(a["nextExecutionAt"])}`,
  ProposalModule_Paused: () => "the guardian has paused executions",
  ProposalModule_NotApproved: () => "the Safe has not approved it",
  ProposalModule_LossTooHigh: (a) => `the execution would lose ${weth(a["loss"])}, allowed are ${weth(a["limit"])}`,
  ProposalModule_LossWindowExceeded: (a) =>
    `losses of the last 24 hours would reach ${weth(a["lossWindow"])}, allowed are ${weth(a["limit"])}`,
};

/** The meaning of a decoded error; null when there is none to add. */
export const plainWords = (error: { readonly name: string; readonly args: Args }): string | null =>
  WORDS[error.name]?.(error.args) ?? null;
