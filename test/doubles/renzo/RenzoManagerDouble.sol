// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {MintableDouble} from "../MintableDouble.sol";
import {OwnedDouble} from "../OwnedDouble.sol";

/// @title RenzoManagerDouble
/// @notice Double of Renzo's RestakeManager together with the arithmetic of its RenzoOracle and the flags of its
/// RiskOracleMiddleware, NOT the protocol. Follows `contracts/RestakeManager.sol`, `Oracle/RenzoOracle.sol` and
/// `Oracle/RiskOracle/IRiskOracleMiddleware.sol` of github.com/Renzo-Protocol/contracts-public: minting by an inflation
/// rounded to 18 digits, so that a deposit below total value / 1e18 mints nothing and reverts; a total value that takes a
/// walk over operators and tokens and reverts while a feed is older than 24 h and 60 s.
/// @dev Left out: EigenLayer, collateral tokens as deposits, roles. The value is one number that deposits raise and claims
/// lower; the walk reads as many slots as there are operators and tokens.
///
/// Market side (owner): `setTotalValue` and `setRate` to an exact value, `setFeedUpdatedAt`, `setShape` (operators and
/// tokens), `setPaused`, `setMaxDepositTVL`, the flags of the risk oracle.
contract RenzoManagerDouble is OwnedDouble {
    event Deposit(address depositor, address token, uint256 amount, uint256 ezETHMinted, uint256 referralId);

    error ContractPaused();
    error OraclePriceExpired();
    error InvalidTokenAmount();
    error MaxTVLReached();
    error RenzoManagerDouble_NotQueue(address caller);

    uint256 private constant SCALE_FACTOR = 1e18;
    uint256 private constant MAX_TIME_WINDOW = 86400 + 60;

    MintableDouble public immutable ezETH;
    bool public paused;
    uint256 public maxDepositTVL;
    /// @notice Time of the oldest feed; the maximum means that all stay fresh.
    uint256 public feedUpdatedAt = type(uint256).max;
    uint256 public totalValue;
    bool public depositPaused;
    bool public withdrawRequestPaused;
    bool public withdrawClaimPaused;
    bool public instantWithdrawPaused = true;
    uint256 public withdrawCooldownPeriod;
    address public queue;
    uint256 private _tokenCount = 3;
    uint256[] private _weights = [1, 1, 1, 1, 1, 1];

    constructor(MintableDouble ezETH_) {
        ezETH = ezETH_;
    }

    receive() external payable {}

    // MARKET

    function setQueue(address queue_) external onlyOwner {
        queue = queue_;
    }

    function setTotalValue(uint256 value) public onlyOwner {
        totalValue = value;
    }

    /// @notice One ezETH is worth exactly `rateWad` afterwards, given at least 1e18 in all.
    function setRate(uint256 rateWad) external onlyOwner {
        setTotalValue((ezETH.totalSupply() * rateWad + SCALE_FACTOR - 1) / SCALE_FACTOR);
    }

    function setFeedUpdatedAt(uint256 timestamp) external onlyOwner {
        feedUpdatedAt = timestamp;
    }

    function setShape(uint256 operators, uint256 tokens) external onlyOwner {
        _tokenCount = tokens;
        delete _weights;
        for (uint256 i; i < operators; ++i) _weights.push(1);
    }

    function setPaused(bool isPaused) external onlyOwner {
        paused = isPaused;
    }

    function setMaxDepositTVL(uint256 limit) external onlyOwner {
        maxDepositTVL = limit;
    }

    function setRiskFlags(bool isDepositPaused, bool isRequestPaused, bool isClaimPaused) external onlyOwner {
        (depositPaused, withdrawRequestPaused, withdrawClaimPaused) = (isDepositPaused, isRequestPaused, isClaimPaused);
    }

    function setWithdrawCooldownPeriod(uint256 period) external onlyOwner {
        withdrawCooldownPeriod = period;
    }

    // QUEUE

    /// @notice A claim burnt `locked` and paid `amount`.
    function settle(uint256 locked, uint256 amount) external {
        require(msg.sender == queue, RenzoManagerDouble_NotQueue(msg.sender));
        totalValue -= amount;
        ezETH.burn(msg.sender, locked);
    }

    // HOLDER

    function depositETH() external payable {
        if (paused || depositPaused) revert ContractPaused();
        (, , uint256 total) = calculateTVLs();
        if (maxDepositTVL != 0 && total + msg.value > maxDepositTVL) revert MaxTVLReached();
        uint256 amount = calculateMintAmount(total, msg.value, ezETH.totalSupply());
        totalValue += msg.value;
        ezETH.mint(msg.sender, amount);
        emit Deposit(msg.sender, address(0), msg.value, amount, 0);
    }

    // VIEWS

    function calculateTVLs() public view returns (uint256[][] memory perToken, uint256[] memory perOperator, uint256) {
        uint256 operators = _weights.length;
        perToken = new uint256[][](operators);
        perOperator = new uint256[](operators);
        for (uint256 i; i < operators; ++i) {
            perToken[i] = new uint256[](_tokenCount + 1);
            for (uint256 j; j <= _tokenCount; ++j) {
                if (feedUpdatedAt < block.timestamp - MAX_TIME_WINDOW) revert OraclePriceExpired();
                perToken[i][j] = (totalValue * _weights[i]) / operators / (_tokenCount + 1);
                perOperator[i] += perToken[i][j];
            }
        }
        return (perToken, perOperator, totalValue);
    }

    function calculateMintAmount(uint256 current, uint256 added, uint256 supply) public pure returns (uint256 amount) {
        if (current == 0 || supply == 0) return added;
        uint256 inflation = (SCALE_FACTOR * added) / (current + added);
        amount = (supply * SCALE_FACTOR) / (SCALE_FACTOR - inflation) - supply;
        if (amount == 0) revert InvalidTokenAmount();
    }

    function calculateRedeemAmount(uint256 locked) external view returns (uint256 amount) {
        (, , uint256 total) = calculateTVLs();
        amount = (total * locked) / ezETH.totalSupply();
        if (amount == 0) revert InvalidTokenAmount();
    }
}
