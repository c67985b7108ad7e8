// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title ICurvePool
/// @notice What the two families of plain StableSwap pools share. Sources: `contracts/pools/steth/StableSwapSTETH.vy`
/// (Vyper 0.2.8) of github.com/curvefi/curve-contract, and `contracts/main/CurveStableSwapNG.vy` of
/// github.com/curvefi/stableswap-ng. Coin indices are int128; pools of the crypto family take uint256 instead and
/// do not
/// answer these selectors.
interface ICurvePool {
    function coins(uint256 i) external view returns (address);
    function balances(uint256 i) external view returns (uint256);

    /// @notice Fee of a swap, of 10^10.
    function fee() external view returns (uint256);

    /// @notice Invariant per LP token, WAD. Wrong inside a callback of the old family; the new one refuses there.
    function get_virtual_price() external view returns (uint256);
    function calc_withdraw_one_coin(uint256 burnAmount, int128 i) external view returns (uint256);
    function remove_liquidity_one_coin(uint256 burnAmount, int128 i, uint256 minAmount) external returns (uint256);
    function exchange(int128 i, int128 j, uint256 dx, uint256 minDy) external payable returns (uint256);
}

/// @title ICurveLegacyPool
/// @notice The old family: fixed arrays, ether as 0xEeee..., a separate LP token.
interface ICurveLegacyPool is ICurvePool {
    /// @notice LP tokens of an entry or exit, with its price impact and without the fee of imbalance.
    function calc_token_amount(uint256[2] calldata amounts, bool isDeposit) external view returns (uint256);
    function add_liquidity(uint256[2] calldata amounts, uint256 minMintAmount) external payable returns (uint256);
    function remove_liquidity(
        uint256 amount,
        uint256[2] calldata minAmounts
    ) external returns (uint256[2] memory amounts);
}

/// @title ICurveNgPool
/// @notice The NG family: dynamic arrays, ERC-20 coins only, the pool is its own LP token.
interface ICurveNgPool is ICurvePool {
    /// @notice LP tokens of an entry or exit, fees included.
    function calc_token_amount(uint256[] calldata amounts, bool isDeposit) external view returns (uint256);
    function add_liquidity(uint256[] calldata amounts, uint256 minMintAmount) external returns (uint256);
    function remove_liquidity(
        uint256 burnAmount,
        uint256[] calldata minAmounts
    ) external returns (uint256[] memory amounts);
}
