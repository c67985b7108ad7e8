/**
 * The genuine Gearbox PoolV3 and LinearInterestRateModelV3, compiled from `@gearbox-protocol/core-v3`. Access control,
 * contracts register and the borrowing side are doubles (gearbox/GearboxSideDoubles.sol), because a pool needs no more of
 * them than the calls they answer.
 */
import { type Contract, MaxUint256, type Signer } from "ethers";
import { deployArtifact, send } from "./artifact.ts";
import { compileGenuine, pick } from "./compile.ts";

const CORE = "@gearbox-protocol/core-v3/contracts";
const DOUBLES = "GearboxSideDoubles.sol";

export interface GearboxOptions {
  /** First and second kink of utilization, basis points. */
  readonly u1Bps?: bigint;
  readonly u2Bps?: bigint;
  /** Base rate and the three slopes, basis points per year. */
  readonly baseBps?: bigint;
  readonly slope1Bps?: bigint;
  readonly slope2Bps?: bigint;
  readonly slope3Bps?: bigint;
  /** Receives withdrawal fees; the deployer when absent. */
  readonly treasury?: string;
  /** Fee on exit, basis points; PoolV3 allows at most 100. */
  readonly withdrawFeeBps?: bigint;
}

export interface GearboxDeployment {
  /** PoolV3: ERC-4626 over WETH. */
  readonly pool: Contract;
  readonly interestRateModel: Contract;
  /** Double: `borrow(amount, to)`, `repay(amount)`, `writeOff(amount)`, `interest()`, `principal()`; owner only. */
  readonly creditManager: Contract;
  readonly addresses: Readonly<Record<"pool" | "interestRateModel" | "creditManager", string>>;
}

const artifacts = () =>
  compileGenuine({
    compiler: "solc-0.8.23",
    evmVersion: "shanghai",
    runs: 1_000,
    contracts: [
      `${CORE}/pool/PoolV3.sol:PoolV3`,
      `${CORE}/pool/LinearInterestRateModelV3.sol:LinearInterestRateModelV3`,
      `${DOUBLES}:GearboxAclDouble`,
      `${DOUBLES}:GearboxContractsRegisterDouble`,
      `${DOUBLES}:GearboxCreditManagerDouble`,
    ],
    packages: {
      "@gearbox-protocol/core-v3": "@gearbox-protocol/core-v3",
      "@openzeppelin/contracts": "@openzeppelin/contracts-4.9",
      "@1inch/solidity-utils": "@1inch/solidity-utils",
    },
    local: { [DOUBLES]: `test/support/genuine/gearbox/${DOUBLES}` },
  });

/** Deploys the pool over `weth`; `signer` is configurator, pauser and owner of the doubles. */
export async function deployGearbox(
  signer: Signer,
  weth: string,
  options: GearboxOptions = {},
): Promise<GearboxDeployment> {
  const {
    u1Bps = 7_000n,
    u2Bps = 9_000n,
    baseBps = 0n,
    slope1Bps = 200n,
    slope2Bps = 250n,
    slope3Bps = 6_000n,
    treasury = await signer.getAddress(),
    withdrawFeeBps = 0n,
  } = options;
  const built = artifacts();
  const acl = await deployArtifact(pick(built, "GearboxAclDouble"), signer);
  const register = await deployArtifact(pick(built, "GearboxContractsRegisterDouble"), signer);
  const interestRateModel = await deployArtifact(pick(built, "LinearInterestRateModelV3"), signer, [
    u1Bps,
    u2Bps,
    baseBps,
    slope1Bps,
    slope2Bps,
    slope3Bps,
    false,
  ]);
  const pool = await deployArtifact(pick(built, "PoolV3"), signer, [
    await acl.getAddress(),
    await register.getAddress(),
    weth,
    treasury,
    await interestRateModel.getAddress(),
    MaxUint256,
    "WETH v3",
    "dWETHV3",
  ]);
  const poolAddress = await pool.getAddress();
  const creditManager = await deployArtifact(pick(built, "GearboxCreditManagerDouble"), signer, [poolAddress]);
  const creditManagerAddress = await creditManager.getAddress();
  await send(register, "setCreditManager", creditManagerAddress);
  await send(pool, "setCreditManagerDebtLimit", creditManagerAddress, MaxUint256);
  if (withdrawFeeBps > 0n) await send(pool, "setWithdrawFee", withdrawFeeBps);
  return {
    pool,
    interestRateModel,
    creditManager,
    addresses: {
      pool: poolAddress,
      interestRateModel: await interestRateModel.getAddress(),
      creditManager: creditManagerAddress,
    },
  };
}
