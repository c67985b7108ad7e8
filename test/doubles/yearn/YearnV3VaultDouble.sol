// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {FundedDouble} from "../FundedDouble.sol";
import {YearnV3StrategyDouble} from "./YearnV3StrategyDouble.sol";

/// @title YearnV3VaultDouble
/// @notice Double of a Yearn v3 multi-strategy vault, NOT the protocol. Follows `contracts/VaultV3.vy` 3.0.4 of
/// github.com/yearn/yearn-vaults-v3: signatures, revert reasons, its own count of idle assets and debts, exits through
/// the default queue that take the strategy's unreported loss from who leaves, `max_loss`, limit modules, shutdown, and
/// profit that unlocks over time.
/// @dev Left out: roles, fees, permit, custom queues, buying of debt. A new report starts the unlock of all locked
/// shares anew, where the original takes the weighted average of what is left.
///
/// Market side (owner): `add_strategy`, `update_debt`, `process_report`, `set_deposit_limit`, `shutdown_vault`,
/// `setRate` (exact, from the owner's assets), and limit modules as plain numbers: `setDepositModule`,
/// `setWithdrawModule`.
contract YearnV3VaultDouble is ERC20, FundedDouble {
    using SafeERC20 for IERC20;

    struct StrategyParams {
        uint256 activation;
        uint256 last_report;
        uint256 current_debt;
        uint256 max_debt;
    }

    /// @dev `limit` counts only while `isSet`.
    struct Module {
        bool isSet;
        uint256 limit;
    }

    event Deposit(address indexed sender, address indexed owner, uint256 assets, uint256 shares);
    event Withdraw(
        address indexed sender,
        address indexed receiver,
        address indexed owner,
        uint256 assets,
        uint256 shares
    );
    event StrategyReported(
        address indexed strategy,
        uint256 gain,
        uint256 loss,
        uint256 current_debt,
        uint256 protocol_fees,
        uint256 total_fees,
        uint256 total_refunds
    );
    event DebtUpdated(address indexed strategy, uint256 current_debt, uint256 new_debt);
    event Shutdown();

    uint256 private constant MAX_BPS = 10_000;
    uint256 private constant RATE_PRECISION = 1e12;

    address public immutable asset;
    uint256 public immutable profitMaxUnlockTime;

    string public apiVersion = "3.0.4";
    uint256 public totalIdle;
    uint256 public totalDebt;
    uint256 public deposit_limit = type(uint256).max;
    bool public isShutdown;
    uint256 public fullProfitUnlockDate;
    uint256 public profitUnlockingRate;
    uint256 public lastProfitUpdate;
    Module private _depositModule;
    Module private _withdrawModule;
    address[] private _queue;
    mapping(address strategy => StrategyParams params) public strategies;

    constructor(address asset_, uint256 profitMaxUnlockTime_) ERC20("Yearn WETH vault (double)", "yvDOUBLE") {
        asset = asset_;
        profitMaxUnlockTime = profitMaxUnlockTime_;
    }

    // MARKET

    function add_strategy(address strategy) external onlyOwner {
        require(strategies[strategy].activation == 0, "strategy already active");
        strategies[strategy] = StrategyParams(block.timestamp, block.timestamp, 0, type(uint256).max);
        _queue.push(strategy);
    }

    function update_debt(address strategy, uint256 target) external onlyOwner {
        uint256 debt = strategies[strategy].current_debt;
        if (target > debt) {
            IERC20(asset).forceApprove(strategy, target - debt);
            YearnV3StrategyDouble(strategy).deposit(target - debt, address(this));
            totalIdle -= target - debt;
            totalDebt += target - debt;
        } else {
            require(_lossOf(strategy, debt, debt - target) == 0, "strategy has unrealised losses");
            YearnV3StrategyDouble(strategy).withdraw(debt - target, address(this), address(this));
            totalIdle += debt - target;
            totalDebt -= debt - target;
        }
        strategies[strategy].current_debt = target;
        emit DebtUpdated(strategy, debt, target);
    }

    /// @notice Books a strategy's gain, locked, or loss, at once but first from what is locked.
    function process_report(address strategy) external onlyOwner returns (uint256 gain, uint256 loss) {
        uint256 worth = _worthOf(strategy);
        uint256 debt = strategies[strategy].current_debt;
        _burn(address(this), _unlockedShares());
        lastProfitUpdate = block.timestamp;
        fullProfitUnlockDate = type(uint256).max;
        profitUnlockingRate = 0;
        if (worth > debt) {
            gain = worth - debt;
            uint256 locked = _toShares(gain, Math.Rounding.Floor);
            totalDebt += gain;
            _mint(address(this), locked);
        } else if (worth < debt) {
            loss = debt - worth;
            uint256 burnt = Math.min(_toShares(loss, Math.Rounding.Ceil), balanceOf(address(this)));
            totalDebt -= loss;
            _burn(address(this), burnt);
        }
        strategies[strategy].current_debt = worth;
        strategies[strategy].last_report = block.timestamp;
        profitUnlockingRate = (balanceOf(address(this)) * RATE_PRECISION) / profitMaxUnlockTime;
        fullProfitUnlockDate = block.timestamp + profitMaxUnlockTime;
        emit StrategyReported(strategy, gain, loss, worth, 0, 0, 0);
    }

    function setApiVersion(string calldata version) external onlyOwner {
        apiVersion = version;
    }

    function set_deposit_limit(uint256 limit) external onlyOwner {
        deposit_limit = limit;
    }

    function setDepositModule(bool isSet, uint256 limit) external onlyOwner {
        _depositModule = Module(isSet, limit);
    }

    function setWithdrawModule(bool isSet, uint256 limit) external onlyOwner {
        _withdrawModule = Module(isSet, limit);
    }

    function shutdown_vault() external onlyOwner {
        isShutdown = true;
        _depositModule = Module(false, 0);
        deposit_limit = 0;
        emit Shutdown();
    }

    /// @notice One share is worth exactly `rateWad` afterwards, given at least 1e18 shares: idle assets change.
    function setRate(uint256 rateWad) external onlyOwner {
        uint256 target = Math.mulDiv(totalSupply(), rateWad, 1e18, Math.Rounding.Ceil) - totalDebt;
        _settle(IERC20(asset), totalIdle, target);
        totalIdle = target;
    }

    // HOLDER

    function deposit(uint256 assets, address receiver) external returns (uint256 shares) {
        shares = _toShares(assets, Math.Rounding.Floor);
        require(assets <= maxDeposit(receiver), "exceed deposit limit");
        require(assets > 0, "cannot deposit zero");
        require(shares > 0, "cannot mint zero");
        IERC20(asset).safeTransferFrom(msg.sender, address(this), assets);
        totalIdle += assets;
        _mint(receiver, shares);
        emit Deposit(msg.sender, receiver, assets, shares);
    }

    function withdraw(uint256 assets, address receiver, address owner_) external returns (uint256) {
        return withdraw(assets, receiver, owner_, 0);
    }

    function withdraw(
        uint256 assets,
        address receiver,
        address owner_,
        uint256 max_loss
    ) public returns (uint256 shares) {
        shares = _toShares(assets, Math.Rounding.Ceil);
        _redeem(receiver, owner_, assets, shares, max_loss);
    }

    function redeem(uint256 shares, address receiver, address owner_) external returns (uint256) {
        return redeem(shares, receiver, owner_, MAX_BPS);
    }

    function redeem(uint256 shares, address receiver, address owner_, uint256 max_loss) public returns (uint256) {
        return _redeem(receiver, owner_, _toAssets(shares), shares, max_loss);
    }

    // VIEWS

    function totalSupply() public view override returns (uint256) {
        return super.totalSupply() - _unlockedShares();
    }

    function totalAssets() public view returns (uint256) {
        return totalIdle + totalDebt;
    }

    function pricePerShare() external view returns (uint256) {
        return _toAssets(1e18);
    }

    function convertToAssets(uint256 shares) external view returns (uint256) {
        return _toAssets(shares);
    }

    function convertToShares(uint256 assets) external view returns (uint256) {
        return _toShares(assets, Math.Rounding.Floor);
    }

    function previewDeposit(uint256 assets) external view returns (uint256) {
        return _toShares(assets, Math.Rounding.Floor);
    }

    function previewRedeem(uint256 shares) external view returns (uint256) {
        return _toAssets(shares);
    }

    function previewWithdraw(uint256 assets) external view returns (uint256) {
        return _toShares(assets, Math.Rounding.Ceil);
    }

    function maxDeposit(address receiver) public view returns (uint256) {
        if (receiver == address(0) || receiver == address(this)) return 0;
        if (_depositModule.isSet) return _depositModule.limit;
        return deposit_limit == type(uint256).max ? deposit_limit : Math.saturatingSub(deposit_limit, totalAssets());
    }

    function maxWithdraw(address owner_) external view returns (uint256) {
        return maxWithdraw(owner_, 0);
    }

    function maxWithdraw(address owner_, uint256 max_loss) public view returns (uint256) {
        uint256 most = _toAssets(balanceOf(owner_));
        if (_withdrawModule.isSet) return Math.min(_withdrawModule.limit, most);
        if (most <= totalIdle) return most;
        uint256 have = totalIdle;
        uint256 loss;
        for (uint256 i; i < _queue.length && have < most; ++i) {
            uint256 debt = strategies[_queue[i]].current_debt;
            uint256 taken = Math.min(most - have, debt);
            uint256 share = _lossOf(_queue[i], debt, taken);
            uint256 limit = _limitOf(_queue[i]);
            if (limit < taken - share) {
                if (share != 0) share = (share * limit) / (taken - share);
                taken = limit + share;
            }
            if (taken == 0) continue;
            if (share > 0 && max_loss < MAX_BPS && loss + share > ((have + taken) * max_loss) / MAX_BPS) break;
            have += taken;
            loss += share;
        }
        return Math.min(have, most);
    }

    function get_default_queue() external view returns (address[] memory) {
        return _queue;
    }

    function assess_share_of_unrealised_losses(address strategy, uint256 needed) external view returns (uint256) {
        uint256 debt = strategies[strategy].current_debt;
        require(debt >= needed, "not enough debt");
        return _lossOf(strategy, debt, needed);
    }

    // INTERNAL

    function _redeem(
        address receiver,
        address owner_,
        uint256 assets,
        uint256 shares,
        uint256 max_loss
    ) private returns (uint256 paid) {
        require(shares > 0, "no shares to redeem");
        require(assets > 0, "no assets to withdraw");
        require(max_loss <= MAX_BPS, "max loss");
        require(!_withdrawModule.isSet || assets <= _withdrawModule.limit, "exceed withdraw limit");
        require(balanceOf(owner_) >= shares, "insufficient shares to redeem");
        if (msg.sender != owner_) _spendAllowance(owner_, msg.sender, shares);
        paid = assets > totalIdle ? _pull(assets) : assets;
        require(totalIdle >= paid, "insufficient assets in vault");
        if (assets > paid && max_loss < MAX_BPS) {
            require(assets - paid <= (assets * max_loss) / MAX_BPS, "too much loss");
        }
        _burn(owner_, shares);
        totalIdle -= paid;
        IERC20(asset).safeTransfer(receiver, paid);
        emit Withdraw(msg.sender, receiver, owner_, paid, shares);
    }

    /// @dev Frees assets from the queue; what is lost on the way comes off `requested`.
    function _pull(uint256 requested) private returns (uint256) {
        uint256 needed = requested - totalIdle;
        for (uint256 i; i < _queue.length && requested > totalIdle; ++i) {
            address strategy = _queue[i];
            uint256 debt = strategies[strategy].current_debt;
            uint256 taken = Math.min(needed, debt);
            uint256 limit = _limitOf(strategy);
            uint256 share = _lossOf(strategy, debt, taken);
            if (share > 0) {
                uint256 wanted = taken - share;
                if (limit < wanted) {
                    share = (share * limit) / wanted;
                    taken = limit + share;
                }
                taken -= share;
                requested -= share;
                needed -= share;
                totalDebt -= share;
                strategies[strategy].current_debt = debt - share;
            }
            taken = Math.min(taken, limit);
            if (taken == 0) continue;
            (uint256 got, uint256 counted) = _free(strategy, taken, debt);
            totalIdle += got;
            requested -= counted - got;
            totalDebt -= counted;
            strategies[strategy].current_debt -= counted;
            needed -= Math.min(counted, needed);
        }
        return requested;
    }

    /// @dev Redeems what `taken` needs. More than asked is debt too, up to all of it.
    function _free(address strategy, uint256 taken, uint256 debt) private returns (uint256 got, uint256 counted) {
        YearnV3StrategyDouble source = YearnV3StrategyDouble(strategy);
        uint256 before = IERC20(asset).balanceOf(address(this));
        source.redeem(
            Math.min(source.previewWithdraw(taken), source.balanceOf(address(this))),
            address(this),
            address(this)
        );
        got = IERC20(asset).balanceOf(address(this)) - before;
        counted = got > taken ? Math.min(got, debt) : taken;
        got = Math.min(got, counted);
    }

    function _worthOf(address strategy) private view returns (uint256) {
        YearnV3StrategyDouble source = YearnV3StrategyDouble(strategy);
        return source.convertToAssets(source.balanceOf(address(this)));
    }

    function _limitOf(address strategy) private view returns (uint256) {
        YearnV3StrategyDouble source = YearnV3StrategyDouble(strategy);
        return source.convertToAssets(source.maxRedeem(address(this)));
    }

    function _lossOf(address strategy, uint256 debt, uint256 needed) private view returns (uint256) {
        uint256 worth = _worthOf(strategy);
        if (worth >= debt || debt == 0) return 0;
        return needed - Math.mulDiv(needed, worth, debt);
    }

    function _unlockedShares() private view returns (uint256) {
        if (fullProfitUnlockDate == type(uint256).max) return 0;
        if (block.timestamp >= fullProfitUnlockDate) return balanceOf(address(this));
        return (profitUnlockingRate * (block.timestamp - lastProfitUpdate)) / RATE_PRECISION;
    }

    function _toAssets(uint256 shares) private view returns (uint256) {
        uint256 supply = totalSupply();
        return supply == 0 ? shares : Math.mulDiv(shares, totalAssets(), supply);
    }

    function _toShares(uint256 assets, Math.Rounding rounding) private view returns (uint256) {
        uint256 supply = totalSupply();
        if (supply == 0) return assets;
        return totalAssets() == 0 ? 0 : Math.mulDiv(assets, supply, totalAssets(), rounding);
    }
}
