/**
 * Planted faults: one line of a contract changed, and the invariant that must notice. `npm run test:mutants` compiles all of them
 * at once, each behind a switch, and turns on one after the other.
 */

export interface Mutant {
  readonly id: string;
  /** The invariant or finding it breaks. */
  readonly breaks: string;
  readonly file: string;
  /** Exact text; must occur exactly once. */
  readonly search: string;
  /** The same with the fault. `$on` stands for the switch: false leaves what was there before. */
  readonly replace: string;
  /** Solidity test files of which one has to go red, the first to be tried first. */
  readonly tests: readonly string[];
  /** Why nothing can notice it, where that is so: an equivalent change. */
  readonly survives?: string;
}

const BOOKS = "test/contracts/invariant/Books.t.sol";
const ADVERSARIAL = "test/contracts/Adversarial.t.sol";
const REBALANCER = "test/contracts/Rebalancer.t.sol";
const REGISTRY_RULES = "test/contracts/StrategyRegistry.t.sol";
const IN_KIND = "test/contracts/InKind.t.sol";
const VAULT = "contracts/LiquidityVault.sol";
const OPERATIONS = "contracts/vault/Rebalancer.sol";
const REPORTS = "contracts/vault/StrategyReports.sol";
const LEDGER = "contracts/vault/VaultBooks.sol";
const QUEUE = "contracts/RedeemQueue.sol";
const MODULE = "contracts/ProposalModule.sol";
const REGISTRY = "contracts/StrategyRegistry.sol";

export const MUTANTS: readonly Mutant[] = [
  {
    id: "debt-sum-keeps-previous",
    breaks: "INV-01",
    file: LEDGER,
    search: "totals.totalDebt = uint96(totals.totalDebt + change);",
    replace: "totals.totalDebt = uint96(totals.totalDebt + ($on ? debt : change));",
    tests: [BOOKS],
  },
  {
    id: "deposit-not-booked",
    breaks: "INV-02",
    file: VAULT,
    search: "        super._transferIn(from, assets);\n        _creditIdle(assets);",
    replace: "        super._transferIn(from, assets);\n        _creditIdle($on ? assets - 1 : assets);",
    tests: [BOOKS],
  },
  {
    id: "nav-counts-liabilities",
    breaks: "INV-03",
    file: LEDGER,
    search: "return Math.saturatingSub(gross, _owed);",
    replace: "return $on ? gross : Math.saturatingSub(gross, _owed);",
    tests: [BOOKS],
  },
  {
    id: "locked-profit-counted",
    breaks: "INV-04",
    file: VAULT,
    search: "return assets > locked ? assets - locked : 0;",
    replace: "if ($on) return assets;\n        return assets > locked ? assets - locked : 0;",
    tests: [BOOKS],
  },
  {
    id: "risk-debt-forgets",
    breaks: "INV-05",
    file: LEDGER,
    search: "_addToHalf(_riskDebts, rest.lowest(), change);",
    replace: "_addToHalf(_riskDebts, rest.lowest(), $on ? debt : change);",
    tests: [BOOKS],
  },
  {
    id: "withdraw-rounds-for-the-leaver",
    breaks: "INV-07",
    file: VAULT,
    search: "shares = previewWithdraw(assets);",
    replace: "shares = $on ? _convertToShares(assets, Math.Rounding.Floor) : previewWithdraw(assets);",
    tests: [BOOKS],
  },
  {
    id: "gain-not-locked",
    breaks: "INV-06",
    file: REPORTS,
    search:
      "        if (tally.gain != 0) _lockProfit(tally.gain);\n        if (tally.moved) _refreshNavTimestamp();\n    }\n\n    /// @dev The assets of finished",
    replace:
      "        if (tally.gain != 0 && !$on) _lockProfit(tally.gain);\n        if (tally.moved) _refreshNavTimestamp();\n    }\n\n    /// @dev The assets of finished",
    tests: [BOOKS],
  },
  {
    id: "caps-unchecked",
    breaks: "INV-08",
    file: OPERATIONS,
    search: "if (debt > caps[i]) revert",
    replace: "if (debt > caps[i] && !$on) revert",
    tests: [BOOKS],
  },
  {
    id: "buffer-unchecked",
    breaks: "INV-08",
    file: OPERATIONS,
    search: "if (held < reserve) revert Errors.LiquidityVault_IdleTooLow(held, reserve);",
    replace: "if (held < reserve && !$on) revert Errors.LiquidityVault_IdleTooLow(held, reserve);",
    tests: [BOOKS],
  },
  {
    id: "budget-unchecked",
    breaks: "INV-09",
    file: REGISTRY,
    search: "require(assets <= left, Errors",
    replace: "require(assets <= left || $on, Errors",
    tests: [BOOKS],
  },
  {
    id: "loss-limit-unchecked",
    breaks: "INV-10",
    file: MODULE,
    search: "require(loss <= limit, Errors.ProposalModule_LossTooHigh(loss, limit));",
    replace: "require(loss <= limit || $on, Errors.ProposalModule_LossTooHigh(loss, limit));",
    tests: [BOOKS],
  },
  {
    id: "epoch-unchecked",
    breaks: "INV-11",
    file: MODULE,
    search: "if (proposed != current) revert",
    replace: "if (proposed != current && !$on) revert",
    tests: [BOOKS],
  },
  {
    id: "deadline-unchecked",
    breaks: "INV-11",
    file: MODULE,
    search: "if (block.timestamp > deadline) revert",
    replace: "if (block.timestamp > deadline && !$on) revert",
    tests: [BOOKS],
  },
  {
    id: "nonce-not-used",
    breaks: "INV-11",
    file: MODULE,
    search: "        _nonces[nonce >> 8] = word | bit;",
    replace: "        if (!$on) _nonces[nonce >> 8] = word | bit;",
    tests: [BOOKS],
  },
  {
    id: "donation-counts",
    breaks: "INV-13",
    file: "contracts/vault/VaultViews.sol",
    search: "    function idle() external view returns (uint256) {\n        return _totals.idle;",
    replace:
      "    function idle() external view returns (uint256) {\n        return $on ? _weth.balanceOf(address(this)) : _totals.idle;",
    tests: [BOOKS],
  },
  {
    id: "old-lock-forgotten",
    breaks: "INV-14",
    file: LEDGER,
    search: "        uint256 sum = locked + gain;",
    replace: "        uint256 sum = $on ? gain : locked + gain;",
    tests: [BOOKS],
  },
  {
    id: "max-redeem-promises-too-much",
    breaks: "INV-15",
    file: VAULT,
    search: "        if (worth <= available) return available == 0 ? 0 : shares;",
    replace: "        if (worth <= available || $on) return available == 0 ? 0 : shares;",
    tests: [BOOKS],
  },
  {
    id: "block-stays-open",
    breaks: "INV-20",
    file: OPERATIONS,
    search: "        _clock.rebalanceBlock = uint32(block.number);\n",
    replace: "        if (!$on) _clock.rebalanceBlock = uint32(block.number);\n",
    tests: [BOOKS],
  },
  {
    id: "abort-runs-on",
    breaks: "INV-21",
    file: OPERATIONS,
    search: "if (tally.tripped != 0) {",
    replace: "if (tally.tripped != 0 && !$on) {",
    // Executions that run on after a trip mostly revert for the frozen strategy, which a campaign takes for any refusal.
    tests: [BOOKS, REBALANCER],
  },
  {
    id: "frozen-takes-inflow",
    breaks: "INV-19",
    file: OPERATIONS,
    search: "if (state != StrategyState.Active) revert",
    replace: "if (state != StrategyState.Active && !$on) revert",
    tests: [BOOKS],
  },
  {
    id: "nav-time-not-refreshed",
    breaks: "INV-23",
    file: OPERATIONS,
    search:
      "        if (tally.gain != 0) _lockProfit(tally.gain);\n        if (tally.moved) _refreshNavTimestamp();\n    }\n\n    // PRIVATE",
    replace:
      "        if (tally.gain != 0) _lockProfit(tally.gain);\n        if (tally.moved && !$on) _refreshNavTimestamp();\n    }\n\n    // PRIVATE",
    tests: [BOOKS],
  },
  {
    id: "exits-spend-liabilities",
    breaks: "INV-25",
    file: LEDGER,
    search: "return Math.saturatingSub(held, _owed);",
    replace: "return $on ? held : Math.saturatingSub(held, _owed);",
    tests: [BOOKS],
  },
  {
    id: "escrow-not-reduced",
    breaks: "INV-26",
    file: QUEUE,
    search: "        current.shares -= uint128(shares);\n",
    replace: "        if (!$on) current.shares -= uint128(shares);\n",
    tests: [BOOKS],
  },
  {
    id: "old-report-prices",
    breaks: "INV-27",
    file: QUEUE,
    search: "uint256 reported = shares == 0 ? block.timestamp : vault.navTimestamp();",
    replace: "uint256 reported = shares == 0 || $on ? block.timestamp : vault.navTimestamp();",
    tests: [BOOKS],
  },
  {
    id: "guard-off",
    breaks: "F-reentrancy",
    file: VAULT,
    search: "    function claim(uint8[] calldata) external nonReentrant returns",
    replace: "    function claim(uint8[] calldata) external nonReentrant_unless($on) returns",
    tests: [ADVERSARIAL],
  },
  {
    id: "in-kind-cash-counted-twice",
    breaks: "INV-29",
    file: "contracts/vault/StrategyExits.sol",
    search: "        claims.unpaid -= uint128(credit);\n",
    replace: "        if (!$on) claims.unpaid -= uint128(credit);\n",
    tests: [BOOKS, IN_KIND],
  },
  {
    id: "guardian-asks-the-venue",
    breaks: "INV-12",
    file: REGISTRY,
    search: "        require(lowers, Errors.StrategyRegistry_BadTransition(id, current, state));",
    replace:
      "        if ($on) IStrategyAdapter(entry.adapter).realAssets();\n        require(lowers, Errors.StrategyRegistry_BadTransition(id, current, state));",
    // A campaign meets a venue that fails just then, by chance; one that burns all gas stops the run instead.
    tests: [REGISTRY_RULES],
  },
  {
    id: "redeem-pays-a-wei-less",
    breaks: "INV-16",
    file: VAULT,
    search: "        assets = _prepareRedeem(shares, owner);\n        _withdraw(",
    replace:
      "        assets = _prepareRedeem(shares, owner);\n        if (assets != 0 && $on) --assets;\n        _withdraw(",
    tests: [BOOKS],
  },
  {
    id: "allowance-left-behind",
    breaks: "INV-17",
    file: OPERATIONS,
    search: "        _weth.safeTransfer(t.info.adapter(), assets);",
    replace:
      "        if ($on) _weth.approve(t.info.adapter(), assets);\n        _weth.safeTransfer(t.info.adapter(), assets);",
    tests: [BOOKS],
  },
  {
    id: "execution-mints",
    breaks: "INV-18",
    file: VAULT,
    search: "        // No supply check is needed: VaultOperations holds no code that mints, burns or moves a share.",
    replace: "        if ($on) _mint(msg.sender, 1);",
    tests: [BOOKS],
  },
  {
    id: "anyone-freezes-a-strategy",
    breaks: "INV-22",
    file: REGISTRY,
    search: "        if (msg.sender != caller) revert Errors.StrategyRegistry_NotVault(msg.sender, caller);",
    replace:
      "        bool asked = msg.sender == caller || ($on && msg.sig == this.tripFreeze.selector);\n        if (!asked) revert Errors.StrategyRegistry_NotVault(msg.sender, caller);",
    tests: [BOOKS],
  },
  {
    id: "guard-is-paid",
    breaks: "INV-24",
    file: OPERATIONS,
    search: "        uint256 worthBefore = _worth(t);",
    replace:
      "        if ($on) {\n            _weth.safeTransfer(address(guard), 1);\n            --assets;\n        }\n        uint256 worthBefore = _worth(t);",
    tests: [BOOKS],
  },
  {
    id: "fee-of-a-year-every-hour",
    breaks: "INV-28",
    file: "contracts/vault/VaultFees.sol",
    search: "                FEE_BPS * 365 days",
    replace: "                FEE_BPS * ($on ? 1 hours : 365 days)",
    tests: [BOOKS],
  },
  {
    id: "move-keeps-too-little",
    breaks: "INV-30",
    file: OPERATIONS,
    search: "if (kept < minValue) revert Errors.LiquidityVault_KeptTooLow(id, kept, minValue);",
    replace: "if (kept < minValue && !$on) revert Errors.LiquidityVault_KeptTooLow(id, kept, minValue);",
    tests: [BOOKS],
  },
  {
    id: "move-not-valued",
    breaks: "INV-30",
    file: OPERATIONS,
    search: "        _revalue(t);\n        uint256 kept = _debtOf(id);",
    replace: "        if (!$on) _revalue(t);\n        uint256 kept = _debtOf(id);",
    tests: [BOOKS],
  },
  {
    id: "move-of-a-closed-strategy",
    breaks: "INV-19",
    file: OPERATIONS,
    search: "        _requireOpen(t);\n        (uint8 id, address adapter) = (t.info.id(), t.info.adapter());",
    replace:
      "        if (!$on) _requireOpen(t);\n        (uint8 id, address adapter) = (t.info.id(), t.info.adapter());",
    tests: [BOOKS],
  },
  {
    id: "harvest-may-lose",
    breaks: "INV-31",
    file: REPORTS,
    search: "if (left + HARVEST_DUST < worth) revert",
    replace: "if (left + HARVEST_DUST < worth && !$on) revert",
    tests: [BOOKS],
  },
  {
    id: "harvest-gain-not-locked",
    breaks: "INV-31",
    file: REPORTS,
    search:
      "        if (tally.gain != 0) _lockProfit(tally.gain);\n        _refreshNavTimestamp();\n    }\n\n    /// @dev Values strategies",
    replace:
      "        if (tally.gain != 0 && !$on) _lockProfit(tally.gain);\n        _refreshNavTimestamp();\n    }\n\n    /// @dev Values strategies",
    tests: [BOOKS],
  },
  {
    id: "window-unchecked",
    breaks: "INV-10",
    file: MODULE,
    search: "require(inWindow <= limit, Errors",
    replace: "require(inWindow <= limit || $on, Errors",
    tests: [BOOKS],
  },
  {
    id: "cooldown-unchecked",
    breaks: "INV-11",
    file: MODULE,
    search: "if (block.timestamp < next) revert",
    replace: "if (block.timestamp < next && !$on) revert",
    tests: [BOOKS],
  },
  {
    id: "early-run",
    breaks: "INV-11",
    file: MODULE,
    search: "if (block.timestamp < notBefore) revert",
    replace: "if (block.timestamp < notBefore && !$on) revert",
    tests: [BOOKS],
  },
  {
    id: "pause-ignored",
    breaks: "INV-11",
    file: MODULE,
    search: "if (_standing.paused) revert",
    replace: "if (_standing.paused && !$on) revert",
    tests: [BOOKS],
  },
  {
    id: "risk-cap-unchecked",
    breaks: "INV-08",
    file: OPERATIONS,
    search: "if (debt > cap) revert",
    replace: "if (debt > cap && !$on) revert",
    tests: [BOOKS],
  },
  {
    id: "nav-tolerance-ignored",
    breaks: "INV-11",
    file: OPERATIONS,
    search: "if (distance * BPS > refNav * navToleranceBps) {",
    replace: "if (distance * BPS > refNav * navToleranceBps && !$on) {",
    tests: [BOOKS],
  },
  {
    id: "short-payer-not-passed-over",
    breaks: "INV-27",
    file: VAULT,
    search: "if (bytes4(answer) != Errors.LiquidityVault_ReceivedTooLow.selector) LowLevelCall.bubbleRevert(answer);",
    replace:
      "if ($on || bytes4(answer) != Errors.LiquidityVault_ReceivedTooLow.selector) LowLevelCall.bubbleRevert(answer);",
    tests: [BOOKS],
  },
  {
    id: "older-request-forgotten",
    breaks: "INV-26",
    file: QUEUE,
    search: "        _older[id][controller] = shares;\n",
    replace: "        if (!$on) _older[id][controller] = shares;\n",
    tests: [BOOKS, "test/contracts/RedeemQueue.t.sol"],
  },
  {
    id: "loss-hidden-by-liabilities",
    breaks: "INV-10",
    file: OPERATIONS,
    search: "if (afterLeg < gross) result.loss += gross - afterLeg;",
    replace: "if (afterLeg < gross) result.loss += $on && result.navBefore == 0 ? 0 : gross - afterLeg;",
    tests: [BOOKS, "test/contracts/QueuePayments.t.sol"],
  },
];
