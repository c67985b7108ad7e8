// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title IPendleMarket
/// @notice Source: `contracts/interfaces/IPMarket.sol` of npm @pendle/core-v2 6.11.0.
interface IPendleMarket {
    /// @param scalarRoot Steepness of the curve at one year before maturity, WAD.
    /// @param lnFeeRateRoot Logarithm of the fee factor at one year before maturity, WAD; a router may have its own.
    /// @param reserveFeePercent Part of the fee that leaves the pool, percent.
    /// @param lastLnImpliedRate Logarithm of one plus the yearly yield of PT at the last trade, WAD.
    struct MarketState {
        int256 totalPt;
        int256 totalSy;
        int256 totalLp;
        address treasury;
        int256 scalarRoot;
        uint256 expiry;
        uint256 lnFeeRateRoot;
        uint256 reserveFeePercent;
        uint256 lastLnImpliedRate;
    }

    /// @param netLpMinted LP tokens minted.
    event Mint(address indexed receiver, uint256 netLpMinted, uint256 netSyUsed, uint256 netPtUsed);

    /// @param netLpBurned LP tokens burned.
    event Burn(
        address indexed receiverSy,
        address indexed receiverPt,
        uint256 netLpBurned,
        uint256 netSyOut,
        uint256 netPtOut
    );

    /// @param netSyFee Fee of the trade, SY.
    /// @param netSyToReserve The part of the fee that left the pool for the treasury, SY.
    event Swap(
        address indexed caller,
        address indexed receiver,
        int256 netPtOut,
        int256 netSyOut,
        uint256 netSyFee,
        uint256 netSyToReserve
    );

    /// @notice The market as trades of `router` meet it.
    function readState(address router) external view returns (MarketState memory market);
    function readTokens() external view returns (address sy, address pt, address yt);
    function expiry() external view returns (uint256);
    function isExpired() external view returns (bool);

    /// @notice LP must have been sent here before. Also past maturity.
    function burn(
        address receiverSy,
        address receiverPt,
        uint256 netLpToBurn
    ) external returns (uint256 netSyOut, uint256 netPtOut);

    /// @notice PT must have been sent here before. Reverts past maturity.
    function swapExactPtForSy(
        address receiver,
        uint256 exactPtIn,
        bytes calldata data
    ) external returns (uint256 netSyOut, uint256 netSyFee);

    function _storage()
        external
        view
        returns (
            int128 totalPt,
            int128 totalSy,
            uint96 lastLnImpliedRate,
            uint16 observationIndex,
            uint16 observationCardinality,
            uint16 observationCardinalityNext
        );
}

/// @title IPendleSY
/// @notice Source: `contracts/interfaces/IStandardizedYield.sol` of npm @pendle/core-v2 4.7.2; `paused` of its SYBase.
interface IPendleSY {
    function isValidTokenIn(address token) external view returns (bool);
    function isValidTokenOut(address token) external view returns (bool);
    function assetInfo() external view returns (uint8 assetType, address assetAddress, uint8 assetDecimals);
    function exchangeRate() external view returns (uint256);
    function paused() external view returns (bool);
    function redeem(
        address receiver,
        uint256 amountSharesToRedeem,
        address tokenOut,
        uint256 minTokenOut,
        bool burnFromInternalBalance
    ) external returns (uint256 amountTokenOut);
}

/// @title IPendleYT
/// @notice Source: `contracts/interfaces/IPYieldToken.sol` of npm @pendle/core-v2 6.11.0.
interface IPendleYT {
    /// @notice PT must have been sent here before; YT too before maturity.
    function redeemPY(address receiver) external returns (uint256 amountSyOut);
}

/// @title IPendleOracle
/// @notice Source: `contracts/oracles/PtYtLpOracle/PendlePYLpOracle.sol` of npm @pendle/core-v2 6.11.0.
interface IPendleOracle {
    /// @notice Asset of one PT: time-weighted before maturity, 1 after it, less where SY lost value.
    function getPtToAssetRate(address market, uint32 duration) external view returns (uint256);

    /// @notice Asset of one LP: as if the market stood at the time-weighted rate; past maturity what a burn gives.
    function getLpToAssetRate(address market, uint32 duration) external view returns (uint256);
    function getOracleState(
        address market,
        uint32 duration
    )
        external
        view
        returns (bool increaseCardinalityRequired, uint16 cardinalityRequired, bool oldestObservationSatisfied);
}

/// @title IPendleRouter
/// @notice Source: `contracts/interfaces` of npm @pendle/core-v2 6.11.0: `IPActionSwapPTV3.sol`,
/// `IPActionAddRemoveLiqV3.sol` and `IPAllActionTypeV3.sol`.
/// @dev Fields that this project leaves empty (aggregator, limit orders) are written as what they are encoded as.
interface IPendleRouter {
    struct ApproxParams {
        uint256 guessMin;
        uint256 guessMax;
        uint256 guessOffchain;
        uint256 maxIteration;
        uint256 eps;
    }

    struct SwapData {
        uint8 swapType;
        address extRouter;
        bytes extCalldata;
        bool needScale;
    }

    struct TokenInput {
        address tokenIn;
        uint256 netTokenIn;
        address tokenMintSy;
        address pendleSwap;
        SwapData swapData;
    }

    struct Order {
        uint256 salt;
        uint256 expiry;
        uint256 nonce;
        uint8 orderType;
        address token;
        address YT;
        address maker;
        address receiver;
        uint256 makingAmount;
        uint256 lnImpliedRate;
        uint256 failSafeRate;
        bytes permit;
    }

    struct FillOrderParams {
        Order order;
        bytes signature;
        uint256 makingAmount;
    }

    struct LimitOrderData {
        address limitRouter;
        uint256 epsSkipMarket;
        FillOrderParams[] normalFills;
        FillOrderParams[] flashFills;
        bytes optData;
    }

    /// @notice With `guessOffchain` 0 and no limit orders the router computes the amount of PT itself.
    function swapExactTokenForPt(
        address receiver,
        address market,
        uint256 minPtOut,
        ApproxParams calldata guessPtOut,
        TokenInput calldata input,
        LimitOrderData calldata limit
    ) external payable returns (uint256 netPtOut, uint256 netSyFee, uint256 netSyInterm);

    /// @notice Swaps a part of what the input gives for PT in the same market and adds both. With `guessOffchain` 0 and
    /// no limit orders the router computes that part itself.
    function addLiquiditySingleToken(
        address receiver,
        address market,
        uint256 minLpOut,
        ApproxParams calldata guessPtReceivedFromSy,
        TokenInput calldata input,
        LimitOrderData calldata limit
    ) external payable returns (uint256 netLpOut, uint256 netSyFee, uint256 netSyInterm);
}
