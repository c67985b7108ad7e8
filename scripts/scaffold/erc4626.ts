/** The files of a venue shaped as ERC-4626 with exits at once. */

export interface VenueNames {
  /** PascalCase, as in the contracts. */
  readonly name: string;
  /** As in the registry of protocols. */
  readonly id: string;
  /** camelCase, as in the code. */
  readonly variable: string;
}

const external = ({ name }: VenueNames): string => `// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";

/// @title I${name}Vault
/// @notice Source: name here the file of the protocol's repository that these functions were read in.
interface I${name}Vault is IERC4626 {
    /// @notice True while the vault takes nothing.
    function paused() external view returns (bool);
}
`;

const adapter = ({ name, id }: VenueNames): string => `// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {I${name}Vault} from "../interfaces/external/${id}/I${name}.sol";
import {Erc4626Adapter} from "./Erc4626Adapter.sol";

/// @title ${name}Adapter
/// @notice Holds shares of a ${name} vault over the vault's own asset. A unit is a share; its worth is what \`redeem\` pays,
/// fees included.
contract ${name}Adapter is Erc4626Adapter {
    /// @dev Asks what no plain ERC-4626 answers.
    constructor(address vault_, address asset_, address venue_) Erc4626Adapter(vault_, asset_, venue_) {
        I${name}Vault(venue_).paused();
    }

    function _maxAllocate() internal view override returns (uint256) {
        return I${name}Vault(address(venue)).paused() ? 0 : super._maxAllocate();
    }
}
`;

const double = ({ name }: VenueNames): string => `// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title ${name}VaultDouble
/// @notice Double of a ${name} vault, NOT the protocol. Assets count by a book of its own, so that donations lift nothing.
/// @dev Give it the real vault's traps as its source shows them: fees, locks, caps, queues, revert reasons.
contract ${name}VaultDouble is ERC4626 {
    error ${name}__Paused();

    bool public paused;
    uint256 private _held;

    constructor(IERC20 asset_) ERC20("${name} (double)", "${name}") ERC4626(asset_) {}

    function setPaused(bool isPaused) external {
        paused = isPaused;
    }

    /// @notice Takes a yield from the caller.
    function earn(uint256 assets) external {
        IERC20(asset()).transferFrom(msg.sender, address(this), assets);
        _held += assets;
    }

    /// @notice Loses assets, as bad debt would.
    function lose(uint256 assets) external {
        _held -= assets;
        IERC20(asset()).transfer(address(0xdead), assets);
    }

    function totalAssets() public view override returns (uint256) {
        return _held;
    }

    function maxDeposit(address receiver) public view override returns (uint256) {
        return paused ? 0 : super.maxDeposit(receiver);
    }

    function _deposit(address caller, address receiver, uint256 assets, uint256 shares) internal override {
        if (paused) revert ${name}__Paused();
        super._deposit(caller, receiver, assets, shares);
        _held += assets;
    }

    function _withdraw(
        address caller,
        address receiver,
        address owner,
        uint256 assets,
        uint256 shares
    ) internal override {
        _held = Math.saturatingSub(_held, assets);
        super._withdraw(caller, receiver, owner, assets, shares);
    }
}
`;

const factory = (path: string, contract: string): string =>
  `import { ${contract}__factory } from "../../types/ethers-contracts/factories/contracts/${path}/${contract}__factory.ts";`;

const twin = ({
  name,
  id,
  variable,
}: VenueNames): string => `/** ${name} vault over the asset. Exits are instant up to what the vault grants. */
${factory("adapters", `${name}Adapter`)}
${factory(`interfaces/external/${id}/I${name}.sol`, `I${name}Vault`).replace(`/I${name}.sol/I${name}Vault`, `/I${name}.sol/I${name}Vault`)}
import { viewUint } from "../chain/multicall.ts";
import { WAD } from "../kernel/units.ts";
import { GAS } from "./gas.ts";
import type { Protocol } from "./protocol.ts";
import { baseOnly, byQuoter, refusal } from "./quotes.ts";
import { targetAt, targetOf, viewBool } from "./targets.ts";

const adapterInterface = ${name}Adapter__factory.createInterface();
const venue = I${name}Vault__factory.createInterface();

const inspect = byQuoter({
  rate: ({ targets }) => viewUint(venue, targetAt("${id}", targets, 0), "convertToAssets", [WAD]),
  minted: ({ targets }, assets) => viewUint(venue, targetAt("${id}", targets, 0), "previewDeposit", [assets]),
  paid: ({ targets }, units) => viewUint(venue, targetAt("${id}", targets, 0), "previewRedeem", [units]),
  enterSource: "previewDeposit, fees of entry included",
  leaveSource: "previewRedeem, fees of exit included",
  apy: baseOnly("convertToAssets"),
  terms: ({ targets }, now) => {
    const isPaused = now.need(viewBool(venue, targetAt("${id}", targets, 0), "paused"));
    return () => ({
      enterClosed: isPaused() ? "the ${name} vault is paused" : null,
      leaveClosed: null,
      cap: null,
      instant: refusal("ERC-4626 says what an owner may withdraw, not what the vault can pay"),
      queued: null,
    });
  },
});

export const ${variable} = {
  id: "${id}",
  adapterContract: "${name}Adapter",
  hasAsyncExit: false,
  exitDelayDays: 0,
  feedPrices: "none",
  gas: GAS${id === variable ? `.${id}` : `["${id}"]`},
  // Rounding only; a venue that charges for entry or exit breaks this bound on purpose, so that owners see it first.
  shortfallBps: { Deallocate: 1, RequestExit: 0, Allocate: 1, Reposition: 0 },
  targets: (adapter) => [targetOf(adapterInterface, adapter, "venue")],
  rateAt: (targets) => viewUint(venue, targetAt("${id}", targets, 0), "convertToAssets", [WAD]),
  inspect,
} as const satisfies Protocol;
`;

const test = ({ name }: VenueNames): string => `/** ${name}Adapter on its double. */
import { expect } from "chai";
import { syncConformance } from "../support/conformance.ts";
import { isolate } from "../support/isolate.ts";
import { openStage } from "../support/stage.ts";
import { allocate, ETHER, expectRefusal, type Venue } from "../support/venue.ts";

async function deployVenue() {
  const { connection, ethers, admin, vault, stranger, weth, wethAddress, trust } = await openStage();
  const double = await ethers.deployContract("${name}VaultDouble", [wethAddress]);
  const target = await double.getAddress();
  await trust(target);
  await double.deposit(100_000n * ETHER, admin.address);
  // A rate that divides nothing evenly.
  await double.earn(5_123n * ETHER + 457n);
  const deployed = await ethers.deployContract("${name}Adapter", [vault.address, wethAddress, target]);
  const adapter = await deployed.getAddress();
  const venue: Venue = {
    connection,
    weth,
    vault,
    stranger,
    adapter: await ethers.getContractAt("IStrategyAdapter", adapter, vault),
    // One wei buys no whole share.
    smallest: 3n,
    largest: 100_000n * ETHER,
    exitFeeBps: 0n,
    dust: 3n,
    target,
    approvals: [{ token: weth, spenders: [target] }],
    accrue: async () => {
      await double.earn(5_000n * ETHER + 3n);
    },
    donate: async (amount) => {
      await double.connect(stranger).deposit(2n * amount, stranger.address);
      await double.connect(stranger).transfer(adapter, amount);
    },
    closings: [
      {
        name: "paused",
        close: async () => {
          await double.setPaused(true);
        },
        exitLimit: (liquid) => liquid,
      },
    ],
  };
  return { ...venue, double, wethAddress };
}

describe("${name}Adapter", () => {
  const getVenue = isolate(deployVenue);
  syncConformance(getVenue);

  it("error: Adapter_AssetMismatch", async () => {
    const venue = getVenue();
    const factory = await venue.connection.ethers.getContractFactory("${name}Adapter");
    await expectRefusal(
      venue,
      () => factory.deploy(venue.vault.address, venue.target, venue.target),
      "Adapter_AssetMismatch",
      [venue.target, venue.target, venue.wethAddress],
    );
  });

  it("behavior: a harvest before an entry gives the newcomer nothing", async () => {
    const venue = getVenue();
    await venue.accrue();
    expect(await allocate(venue, 100n * ETHER)).to.be.closeTo(100n * ETHER, venue.dust);
  });

  it("behavior: a loss of the vault lowers the value at once, and is paid as counted", async () => {
    const venue = getVenue();
    await allocate(venue, 100n * ETHER);
    const before = (await venue.adapter.realAssets()).liquid;
    await venue.double.lose((await venue.double.totalAssets()) / 10n);
    const { liquid } = await venue.adapter.realAssets();
    expect(liquid).to.be.closeTo((before * 9n) / 10n, 1_000n);
    await venue.adapter.deallocate(liquid, liquid);
  });

  it("behavior: the position may be left while the vault is paused", async () => {
    const venue = getVenue();
    const [closing] = venue.closings;
    await closing?.close();
    expect(await venue.adapter.maxAllocate()).to.equal(0n);
  });
});
`;

/** Path to text. */
export const scaffold = (names: VenueNames): Readonly<Record<string, string>> => ({
  [`contracts/interfaces/external/${names.id}/I${names.name}.sol`]: external(names),
  [`contracts/adapters/${names.name}Adapter.sol`]: adapter(names),
  [`keeper/protocols/${names.id}.ts`]: twin(names),
  [`test/doubles/${names.id}/${names.name}VaultDouble.sol`]: double(names),
  [`test/adapters/${names.name}Adapter.test.ts`]: test(names),
});
