// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title CurveNgPoolDouble
/// @notice Double of a plain two-coin Curve pool of the NG family, NOT the protocol. Follows
/// `contracts/main/CurveStableSwapNG.vy` of github.com/curvefi/stableswap-ng in names, signatures, revert reasons, invariant
/// and fees: dynamic arrays, int128 indices, imbalance fee with off-peg multiplier, half of the fees for the admin, a lock
/// that also guards `get_virtual_price`. Rebasing coins count at their balance, as asset type 2 does there.
/// @dev Left out: meta pools, oracles, ramping of A, rate oracles, `receiver` arguments, ERC-2612.
contract CurveNgPoolDouble is ERC20 {
    uint256 private constant N = 2;
    uint256 private constant A_PRECISION = 100;
    uint256 private constant FEE_DENOMINATOR = 10 ** 10;
    uint256 private constant ADMIN_FEE = 5 * 10 ** 9;

    event TokenExchange(
        address indexed buyer,
        int128 sold_id,
        uint256 tokens_sold,
        int128 bought_id,
        uint256 tokens_bought
    );
    event AddLiquidity(
        address indexed provider,
        uint256[] token_amounts,
        uint256[] fees,
        uint256 invariant,
        uint256 token_supply
    );
    event RemoveLiquidityOne(
        address indexed provider,
        int128 token_id,
        uint256 token_amount,
        uint256 coin_amount,
        uint256 token_supply
    );

    address[2] private _coins;
    uint256[2] public admin_balances;
    uint256 public immutable A_precise;
    /// @notice Of 10^10.
    uint256 public immutable fee;
    /// @notice Of 10^10: by how much the fee grows at most when the pool is off balance.
    uint256 public immutable offpeg_fee_multiplier;
    bool private _locked;

    modifier nonreentrant() {
        require(!_locked);
        _locked = true;
        _;
        _locked = false;
    }

    constructor(
        address coin0,
        address coin1,
        uint256 amplification,
        uint256 fee_,
        uint256 multiplier
    ) ERC20("Curve NG (double)", "crvNG") {
        _coins = [coin0, coin1];
        A_precise = amplification * A_PRECISION;
        fee = fee_;
        offpeg_fee_multiplier = multiplier;
    }

    // VIEWS

    /// @dev Reverts beyond the last coin, as a Vyper array does.
    function coins(uint256 i) external view returns (address) {
        return _coins[i];
    }

    function balances(uint256 i) public view returns (uint256) {
        return IERC20(_coins[i]).balanceOf(address(this)) - admin_balances[i];
    }

    function get_virtual_price() external view returns (uint256) {
        require(!_locked);
        return (_invariant(_balances()) * 10 ** 18) / totalSupply();
    }

    function calc_withdraw_one_coin(uint256 burnAmount, int128 i) external view returns (uint256 dy) {
        (dy, ) = _calcOneCoin(burnAmount, _at(i));
    }

    function get_dy(int128 i, int128 j, uint256 dx) external view returns (uint256 dy) {
        (dy, ) = _quote(_at(i), _at(j), dx, _balances());
    }

    /// @notice LP tokens of an entry with its fees, as `add_liquidity` would mint them. Entries only.
    function calc_token_amount(uint256[] calldata amounts, bool isDeposit) external view returns (uint256 minted) {
        require(isDeposit && amounts.length == N);
        uint256[2] memory now_ = _balances();
        for (uint256 i; i < N; ++i) now_[i] += amounts[i];
        (minted, , ) = _calcEntry(_balances(), now_);
    }

    // MOVES

    function exchange(int128 i, int128 j, uint256 dx, uint256 minDy) external nonreentrant returns (uint256 dy) {
        (uint256 from, uint256 to) = (_at(i), _at(j));
        uint256[2] memory before = _balances();
        uint256 received = _pull(from, dx);
        uint256 charged;
        (dy, charged) = _quote(from, to, received, before);
        require(dy >= minDy, "Exchange resulted in fewer coins than expected");
        admin_balances[to] += (charged * ADMIN_FEE) / FEE_DENOMINATOR;
        IERC20(_coins[to]).transfer(msg.sender, dy);
        emit TokenExchange(msg.sender, i, dx, j, dy);
    }

    function add_liquidity(
        uint256[] calldata amounts,
        uint256 minMintAmount
    ) external nonreentrant returns (uint256 minted) {
        require(amounts.length == N);
        uint256[2] memory old = _balances();
        uint256 supply = totalSupply();
        uint256 d0 = supply == 0 ? 0 : _invariant(old);
        for (uint256 i; i < N; ++i) {
            if (amounts[i] != 0)
                _pull(i, amounts[i]);
                // The first deposit must have all coins.
            else require(supply != 0);
        }
        uint256[2] memory now_ = _balances();
        uint256 d1 = _invariant(now_);
        require(d1 > d0);
        uint256[] memory fees = new uint256[](N);
        if (supply == 0) {
            minted = d1;
        } else {
            (minted, d1, fees) = _calcEntry(old, now_);
            for (uint256 i; i < N; ++i) admin_balances[i] += (fees[i] * ADMIN_FEE) / FEE_DENOMINATOR;
        }
        require(minted >= minMintAmount, "Slippage screwed you");
        _mint(msg.sender, minted);
        emit AddLiquidity(msg.sender, amounts, fees, d1, supply + minted);
    }

    function remove_liquidity(
        uint256 burnAmount,
        uint256[] calldata minAmounts
    ) external nonreentrant returns (uint256[] memory amounts) {
        uint256 supply = totalSupply();
        require(burnAmount > 0);
        amounts = new uint256[](N);
        uint256[2] memory held = _balances();
        for (uint256 i; i < N; ++i) {
            amounts[i] = (held[i] * burnAmount) / supply;
            require(amounts[i] >= minAmounts[i], "Withdrawal resulted in fewer coins than expected");
            IERC20(_coins[i]).transfer(msg.sender, amounts[i]);
        }
        _burn(msg.sender, burnAmount);
    }

    function remove_liquidity_one_coin(
        uint256 burnAmount,
        int128 i,
        uint256 minAmount
    ) external nonreentrant returns (uint256 dy) {
        require(burnAmount > 0);
        uint256 charged;
        (dy, charged) = _calcOneCoin(burnAmount, _at(i));
        require(dy >= minAmount, "Not enough coins removed");
        admin_balances[_at(i)] += (charged * ADMIN_FEE) / FEE_DENOMINATOR;
        _burn(msg.sender, burnAmount);
        IERC20(_coins[_at(i)]).transfer(msg.sender, dy);
        emit RemoveLiquidityOne(msg.sender, i, burnAmount, dy, totalSupply());
    }

    // MATHEMATICS

    function _balances() private view returns (uint256[2] memory held) {
        held = [balances(0), balances(1)];
    }

    function _at(int128 i) private pure returns (uint256) {
        require(i == 0 || i == 1);
        return i == 0 ? 0 : 1;
    }

    /// @dev What arrived: a rebasing coin may arrive a wei short.
    function _pull(uint256 i, uint256 amount) private returns (uint256) {
        uint256 before = IERC20(_coins[i]).balanceOf(address(this));
        IERC20(_coins[i]).transferFrom(msg.sender, address(this), amount);
        return IERC20(_coins[i]).balanceOf(address(this)) - before;
    }

    function _invariant(uint256[2] memory xp) private view returns (uint256 d) {
        uint256 sum = xp[0] + xp[1];
        if (sum == 0) return 0;
        d = sum;
        uint256 ann = A_precise * N;
        for (uint256 k; k < 255; ++k) {
            uint256 dp = d;
            for (uint256 i; i < N; ++i) dp = (dp * d) / xp[i];
            dp /= N ** N;
            uint256 previous = d;
            d = (((ann * sum) / A_PRECISION + dp * N) * d) / (((ann - A_PRECISION) * d) / A_PRECISION + (N + 1) * dp);
            if (d > previous ? d - previous <= 1 : previous - d <= 1) return d;
        }
        revert("D did not converge");
    }

    /// @dev Balance of the other coin for which the invariant is `d`.
    function _solve(uint256 x, uint256 d) private view returns (uint256 y) {
        uint256 ann = A_precise * N;
        uint256 c = (((d * d) / (x * N)) * d * A_PRECISION) / (ann * N);
        uint256 b = x + (d * A_PRECISION) / ann;
        y = d;
        for (uint256 k; k < 255; ++k) {
            uint256 previous = y;
            y = (y * y + c) / (2 * y + b - d);
            if (y > previous ? y - previous <= 1 : previous - y <= 1) return y;
        }
        revert("y did not converge");
    }

    function _quote(
        uint256 from,
        uint256 to,
        uint256 dx,
        uint256[2] memory xp
    ) private view returns (uint256 dy, uint256 charged) {
        require(from != to);
        uint256 x = xp[from] + dx;
        uint256 y = _solve(x, _invariant(xp));
        dy = xp[to] - y - 1;
        charged = (dy * _dynamicFee((xp[from] + x) / 2, (xp[to] + y) / 2, false)) / FEE_DENOMINATOR;
        dy -= charged;
    }

    /// @dev Grows with the distance of the two figures; half for liquidity changes (N / (4 (N - 1)) for two coins).
    function _dynamicFee(uint256 xpi, uint256 xpj, bool isLiquidity) private view returns (uint256) {
        uint256 base = isLiquidity ? fee / 2 : fee;
        if (offpeg_fee_multiplier <= FEE_DENOMINATOR) return base;
        uint256 sum = (xpi + xpj) ** 2;
        return
            (offpeg_fee_multiplier * base) /
            (((offpeg_fee_multiplier - FEE_DENOMINATOR) * 4 * xpi * xpj) / sum + FEE_DENOMINATOR);
    }

    /// @dev LP tokens minted when the balances go from `old` to `now_`, the invariant without the fees, and the fees.
    function _calcEntry(
        uint256[2] memory old,
        uint256[2] memory now_
    ) private view returns (uint256 minted, uint256 d1, uint256[] memory fees) {
        uint256 d0 = _invariant(old);
        d1 = _invariant(now_);
        uint256 ys = (d0 + d1) / N;
        fees = new uint256[](N);
        for (uint256 i; i < N; ++i) {
            uint256 ideal = (d1 * old[i]) / d0;
            uint256 difference = ideal > now_[i] ? ideal - now_[i] : now_[i] - ideal;
            fees[i] = (_dynamicFee(old[i] + now_[i], ys, true) * difference) / FEE_DENOMINATOR;
            now_[i] -= fees[i];
        }
        d1 = _invariant(now_);
        minted = (totalSupply() * (d1 - d0)) / d0;
    }

    function _calcOneCoin(uint256 burnAmount, uint256 i) private view returns (uint256 dy, uint256 charged) {
        uint256[2] memory xp = _balances();
        uint256 d0 = _invariant(xp);
        uint256 d1 = d0 - (burnAmount * d0) / totalSupply();
        uint256 newY = _solve(xp[1 - i], d1);
        uint256[2] memory reduced = _lessImbalanceFee(xp, i, newY, d0, d1);
        dy = reduced[i] - _solve(reduced[1 - i], d1) - 1;
        charged = xp[i] - newY - dy;
    }

    function _lessImbalanceFee(
        uint256[2] memory xp,
        uint256 i,
        uint256 newY,
        uint256 d0,
        uint256 d1
    ) private view returns (uint256[2] memory reduced) {
        uint256 ys = (d0 + d1) / (2 * N);
        for (uint256 j; j < N; ++j) {
            uint256 scaled = (xp[j] * d1) / d0;
            uint256 expected = j == i ? scaled - newY : xp[j] - scaled;
            uint256 average = j == i ? (xp[j] + newY) / 2 : xp[j];
            reduced[j] = xp[j] - (_dynamicFee(average, ys, true) * expected) / FEE_DENOMINATOR;
        }
    }
}
