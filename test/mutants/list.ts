/** Planted faults: one line of a contract changed, and the invariant that must notice. `npm run test:mutants` plants each. */

export interface Mutant {
  readonly id: string;
  /** The invariant or finding it breaks. */
  readonly breaks: string;
  readonly file: string;
  /** Exact text; must occur exactly once. */
  readonly search: string;
  readonly replace: string;
  /** Solidity test files expected to go red. */
  readonly tests: readonly string[];
  /** Why nothing can notice it, where that is so: an equivalent change. */
  readonly survives?: string;
}

const BOOKS = "test/contracts/invariant/Books.t.sol";
const ADVERSARIAL = "test/contracts/Adversarial.t.sol";
// The campaign alone did not notice some faults that these tests notice each time; see docs/MUTATION.md.
const QUEUE_RULES = "test/contracts/RedeemQueue.t.sol";
const MODULE_TERMS = "test/contracts/ModuleTerms.t.sol";
const REBALANCER = "test/contracts/Rebalancer.t.sol";
const PROPERTIES = "test/contracts/Erc4626Properties.t.sol";
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
    replace: "totals.totalDebt = uint96(totals.totalDebt + debt);",
    tests: [BOOKS],
  },
  {
    id: "deposit-not-booked",
    breaks: "INV-02",
    file: VAULT,
    search: "        super._transferIn(from, assets);\n        _creditIdle(assets);",
    replace: "        super._transferIn(from, assets);\n        _creditIdle(assets - 1);",
    tests: [BOOKS],
  },
  {
    id: "nav-counts-liabilities",
    breaks: "INV-03",
    file: LEDGER,
    search: "return Math.saturatingSub(gross, _owed);",
    replace: "return gross;",
    tests: [BOOKS, QUEUE_RULES],
  },
  {
    id: "locked-profit-counted",
    breaks: "INV-04",
    file: VAULT,
    search: "return assets > locked ? assets - locked : 0;",
    replace: "return assets;",
    tests: [BOOKS, ADVERSARIAL],
  },
  {
    id: "risk-debt-forgets",
    breaks: "INV-05",
    file: LEDGER,
    search: "_addToHalf(_riskDebts, rest.lowest(), change);",
    replace: "_addToHalf(_riskDebts, rest.lowest(), debt);",
    tests: [BOOKS],
  },
  {
    id: "withdraw-rounds-for-the-leaver",
    breaks: "INV-07",
    file: VAULT,
    search: "shares = previewWithdraw(assets);",
    replace: "shares = _convertToShares(assets, Math.Rounding.Floor);",
    tests: [BOOKS, PROPERTIES],
  },
  {
    id: "gain-not-locked",
    breaks: "INV-06",
    file: REPORTS,
    search:
      "        if (tally.gain != 0) _lockProfit(tally.gain);\n        if (tally.moved) _refreshNavTimestamp();\n    }\n\n    /// @dev The assets of finished",
    replace: "        if (tally.moved) _refreshNavTimestamp();\n    }\n\n    /// @dev The assets of finished",
    tests: [BOOKS, ADVERSARIAL],
  },
  {
    id: "caps-unchecked",
    breaks: "INV-08",
    file: OPERATIONS,
    search: "if (debt > caps[i]) revert",
    replace: "if (debt > caps[i] + 1e30) revert",
    tests: [BOOKS],
  },
  {
    id: "buffer-unchecked",
    breaks: "INV-08",
    file: OPERATIONS,
    search: "if (held < reserve) revert Errors.LiquidityVault_IdleTooLow(held, reserve);",
    replace: "",
    tests: [BOOKS, REBALANCER],
  },
  {
    id: "budget-unchecked",
    breaks: "INV-09",
    file: REGISTRY,
    search: "require(assets <= left, Errors",
    replace: "require(assets <= left + 1e30, Errors",
    tests: [BOOKS, "test/contracts/Rebalancer.t.sol"],
  },
  {
    id: "loss-limit-unchecked",
    breaks: "INV-10",
    file: MODULE,
    search: "require(loss <= limit, Errors.ProposalModule_LossTooHigh(loss, limit));",
    replace: "",
    tests: [BOOKS, MODULE_TERMS],
  },
  {
    id: "epoch-unchecked",
    breaks: "INV-11",
    file: MODULE,
    search: "if (proposed != current) revert",
    replace: "if (proposed > current) revert",
    tests: [BOOKS, MODULE_TERMS],
  },
  {
    id: "deadline-unchecked",
    breaks: "INV-11",
    file: MODULE,
    search: "if (block.timestamp > deadline) revert",
    replace: "if (block.timestamp > deadline + 30 days) revert",
    tests: [BOOKS, MODULE_TERMS],
  },
  {
    id: "nonce-not-used",
    breaks: "INV-11",
    file: MODULE,
    search: "        _nonces[nonce >> 8] = word | bit;",
    replace: "",
    tests: [BOOKS, MODULE_TERMS],
  },
  {
    id: "donation-counts",
    breaks: "INV-13",
    file: "contracts/vault/VaultViews.sol",
    search: "    function idle() external view returns (uint256) {\n        return _totals.idle;",
    replace: "    function idle() external view returns (uint256) {\n        return _weth.balanceOf(address(this));",
    tests: [BOOKS],
  },
  {
    id: "old-lock-forgotten",
    breaks: "INV-14",
    file: LEDGER,
    search: "        uint256 sum = locked + gain;",
    replace: "        uint256 sum = gain;",
    tests: [BOOKS],
  },
  {
    id: "max-redeem-promises-too-much",
    breaks: "INV-15",
    file: VAULT,
    search: "        if (worth <= available) return available == 0 ? 0 : shares;",
    replace: "        if (available != 0) return shares;",
    tests: [BOOKS],
  },
  {
    id: "block-stays-open",
    breaks: "INV-20",
    file: OPERATIONS,
    search: "        _clock.rebalanceBlock = uint32(block.number);\n",
    replace: "",
    tests: [BOOKS, ADVERSARIAL],
  },
  {
    id: "abort-runs-on",
    breaks: "INV-21",
    file: OPERATIONS,
    search: "if (tally.tripped != 0) {",
    replace: "if (tally.tripped == 77) {",
    tests: [BOOKS, "test/contracts/Rebalancer.t.sol"],
  },
  {
    id: "frozen-takes-inflow",
    breaks: "INV-19",
    file: OPERATIONS,
    search: "if (state != StrategyState.Active) revert",
    replace: "if (state == StrategyState.None) revert",
    tests: [BOOKS],
  },
  {
    id: "nav-time-not-refreshed",
    breaks: "INV-23",
    file: OPERATIONS,
    search:
      "        if (tally.gain != 0) _lockProfit(tally.gain);\n        if (tally.moved) _refreshNavTimestamp();\n    }\n\n    // PRIVATE",
    replace: "        if (tally.gain != 0) _lockProfit(tally.gain);\n    }\n\n    // PRIVATE",
    tests: [BOOKS],
  },
  {
    id: "exits-spend-liabilities",
    breaks: "INV-25",
    file: LEDGER,
    search: "return Math.saturatingSub(held, _owed);",
    replace: "return held;",
    tests: [BOOKS],
  },
  {
    id: "escrow-not-reduced",
    breaks: "INV-26",
    file: QUEUE,
    search: "        current.shares -= uint128(shares);\n",
    replace: "",
    tests: [BOOKS],
  },
  {
    id: "old-report-prices",
    breaks: "INV-27",
    file: QUEUE,
    search: "uint256 reported = shares == 0 ? block.timestamp : vault.navTimestamp();",
    replace: "uint256 reported = block.timestamp;",
    tests: [BOOKS],
  },
  {
    id: "guard-off",
    breaks: "F-reentrancy",
    file: VAULT,
    search: "    function claim(uint8[] calldata) external nonReentrant returns",
    replace: "    function claim(uint8[] calldata) external returns",
    tests: [ADVERSARIAL],
  },
  {
    id: "in-kind-cash-counted-twice",
    breaks: "INV-29",
    file: "contracts/vault/StrategyExits.sol",
    search: "        claims.unpaid -= uint128(credit);\n",
    replace: "",
    tests: [BOOKS],
  },
  {
    id: "guardian-asks-the-venue",
    breaks: "INV-12",
    file: REGISTRY,
    search: "        require(lowers, Errors.StrategyRegistry_BadTransition(id, current, state));",
    replace:
      "        IStrategyAdapter(entry.adapter).maxDeallocate();\n        require(lowers, Errors.StrategyRegistry_BadTransition(id, current, state));",
    tests: [BOOKS, ADVERSARIAL],
  },
  {
    id: "redeem-pays-a-wei-less",
    breaks: "INV-16",
    file: VAULT,
    search: "        assets = _prepareRedeem(shares, owner);\n        _withdraw(",
    replace: "        assets = _prepareRedeem(shares, owner);\n        if (assets != 0) --assets;\n        _withdraw(",
    tests: [BOOKS, PROPERTIES],
  },
  {
    id: "allowance-left-behind",
    breaks: "INV-17",
    file: OPERATIONS,
    search: "        _weth.safeTransfer(t.info.adapter(), assets);",
    replace: "        _weth.approve(t.info.adapter(), assets);\n        _weth.safeTransfer(t.info.adapter(), assets);",
    tests: [BOOKS],
  },
  {
    id: "execution-mints",
    breaks: "INV-18",
    file: VAULT,
    search: "        // No supply check is needed: VaultOperations holds no code that mints, burns or moves a share.",
    replace: "        _mint(msg.sender, 1);",
    tests: [BOOKS],
  },
  {
    id: "anyone-freezes-a-strategy",
    breaks: "INV-22",
    file: REGISTRY,
    search: "    function tripFreeze(uint8 id) external onlyVault {",
    replace: "    function tripFreeze(uint8 id) external {",
    tests: [BOOKS, ADVERSARIAL],
  },
  {
    id: "guard-is-paid",
    breaks: "INV-24",
    file: OPERATIONS,
    search: "        _weth.safeTransfer(t.info.adapter(), assets);",
    replace:
      "        _weth.safeTransfer(address(guard), 1);\n        _weth.safeTransfer(t.info.adapter(), assets - 1);",
    tests: [BOOKS],
  },
  {
    id: "fee-of-a-year-every-hour",
    breaks: "INV-28",
    file: "contracts/vault/VaultFees.sol",
    search: "                FEE_BPS * 365 days",
    replace: "                FEE_BPS * 1 hours",
    tests: [BOOKS],
  },
];
