/** `amplified forecast --model lstm`: the network trained on the user's own table, on the backend asked for. */
import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { hasEnsemble, loadEnsemble, saveEnsemble } from "../forecast/lstm/checkpoint.ts";
import { DEFAULT_LSTM_CONFIG, type LstmConfig } from "../forecast/lstm/config.ts";
import { globalLstm, type LstmForecast } from "../forecast/lstm/forecaster.ts";
import type { NetworkFactory } from "../forecast/lstm/train.ts";
import type { PanelSeries } from "../forecast/lstm/windows.ts";
import { createLstm } from "../math/neural/lstm.ts";
import { loadTensorFlow, tensorFlowLstm } from "../math/neural/tensorflow.ts";
import { compiledKernel } from "../math/neural/wasm.ts";
import { FolderUnwritableError, OptionError, wholeNumber } from "./context.ts";
import { progress } from "./output.ts";
import { regularColumn, type Table } from "./table.ts";

export interface LstmFlags {
  /** wasm, typescript, tfjs or tfjs-node. */
  readonly backend?: string;
  /** Column of utilization or liquidity of the series. */
  readonly liquidity?: string;
  /** Other columns to train on, comma-separated, or "all". */
  readonly pools?: string;
  /** Folder to begin from, where there is one, and to save to. */
  readonly checkpoint?: string;
  readonly seed?: string;
}

export const BACKENDS = ["wasm", "typescript", "tfjs", "tfjs-node"];
const MAX_SEED = 0xffff_ffff;

/** @throws {BackendMissingError} when the backend is not installed. */
async function backendOf(name: string): Promise<{ network: NetworkFactory; note: string | null }> {
  switch (name) {
    case "wasm": {
      const { missing } = compiledKernel("lstm");
      return { network: createLstm, note: missing };
    }
    case "typescript":
      return {
        network: (shape, capacity, options) => createLstm(shape, capacity, { ...options, backend: name }),
        note: null,
      };
    case "tfjs":
    case "tfjs-node": {
      const tf = await loadTensorFlow(name);
      return { network: (shape, capacity, options) => tensorFlowLstm(tf, name, shape, capacity, options), note: null };
    }
    default:
      throw new OptionError("--backend", name, `Choose one of ${BACKENDS.join(", ")}.`);
  }
}

/** The column to forecast first, then those that train beside it. */
function panelOf(table: Table, column: string | undefined, flags: LstmFlags): PanelSeries[] {
  const target = column ?? table.columns[0] ?? "1";
  const others =
    flags.pools === "all"
      ? table.columns.filter((name) => name !== target && name !== flags.liquidity)
      : (flags.pools ?? "")
          .split(",")
          .map((name) => name.trim())
          .filter((name) => name !== "" && name !== target);
  const liquidity = flags.liquidity === undefined ? {} : { liquidity: regularColumn(table, flags.liquidity).values };
  return [
    { id: target, values: regularColumn(table, target).values, ...liquidity },
    // A column without a single value has nothing to teach.
    ...[...new Set(others)]
      .map((id) => ({ id, values: regularColumn(table, id).values }))
      .filter(({ values }) => values.some((value) => !Number.isNaN(value))),
  ];
}

export interface LstmDescription {
  readonly model: string;
  readonly path: LstmForecast;
  readonly facts: Readonly<Record<string, unknown>>;
}

export async function describeLstm(
  table: Table,
  column: string | undefined,
  flags: LstmFlags,
  horizon: number,
  levels: readonly number[],
): Promise<LstmDescription> {
  const backend = flags.backend ?? "wasm";
  const { network, note } = await backendOf(backend);
  if (note !== null) progress(note);
  const series = panelOf(table, column, flags);
  const [target] = series;
  if (target === undefined) throw new OptionError("--column", column ?? "", "Name a column of the table.");
  const { times } = regularColumn(table, target.id);
  const seed = wholeNumber("--seed", flags.seed ?? "1", MAX_SEED);
  const config: LstmConfig = { ...DEFAULT_LSTM_CONFIG, horizon, levels, seed };
  const folder = flags.checkpoint === undefined ? null : resolve(flags.checkpoint);
  const steps = target.values.length;
  if (folder !== null && existsSync(folder) && !statSync(folder).isDirectory())
    throw new OptionError("--checkpoint", folder, "It is a file. Name a folder, which may be new.");
  const from = folder !== null && hasEnsemble(folder) ? loadEnsemble(folder, config, times, steps) : null;
  const lstm = globalLstm({ times, series }, config, { network, from, onProgress: progress });
  const model = lstm.forecasterFor(target.id).fit({ values: target.values, period: 1 });
  const trained = model.ensemble;
  if (folder !== null && trained !== null) {
    try {
      saveEnsemble(folder, trained, config, times?.[steps - 1] ?? null);
    } catch (cause) {
      throw new FolderUnwritableError(folder, cause);
    }
  }
  const path = model.forecast(horizon, levels);
  return {
    model: "lstm",
    path,
    facts: {
      backend: note === null ? backend : "typescript",
      ...(note === null ? {} : { note }),
      trainedOn: series.map(({ id }) => id),
      trainingWindows: trained?.trainingWindows,
      validationWindows: trained?.validationWindows,
      begunFrom: from === null ? "a fresh start" : "the checkpoint",
      // Pinball losses in units of the series' spread; "before" is the exponential mean with past quantiles around it.
      networks: trained?.members.map(({ validationLoss, initialLoss, epochs }) => ({
        epochs,
        validationLoss,
        before: initialLoss,
      })),
      horizonQuantiles: path.horizonQuantiles,
    },
  };
}
