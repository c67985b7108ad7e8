/**
 * The LSTM kernel in plain TypeScript: the twin of assembly/lstm.ts, for machines and checkouts without the compiled one. Same
 * memory, same operations in the same order, same bits.
 */
import { elementwiseOn } from "./elementwise.ts";
import { WORD } from "./lstm-layout.ts";
import { productsOn } from "./products.ts";

/** What both kernels export. `first` and `batch` select samples order[first .. first + batch). */
export interface LstmKernel {
  /** Fills the results of the samples. */
  forward(first: number, batch: number): void;
  /** Summed loss of the results, and its derivative by them divided by batch x outputs. */
  loss(first: number, batch: number): number;
  /** Fills the gradient by all parameters. */
  backpropagate(batch: number): void;
  /** One Adam step; returns the gradient's norm where clipping is on, else 0. */
  update(rate: number, correction: number, decay: number): number;
}

const f = Math.fround;

/** @param memory from `heapFor`, with the descriptor written by `describe`. */
export function typescriptLstm(memory: ArrayBuffer): LstmKernel {
  const words = new Int32Array(memory);
  const m = new Float32Array(memory);
  const loops = { ...productsOn(memory), ...elementwiseOn(memory) };
  /** A size, or the address of a block in bytes. */
  const word = (name: keyof typeof WORD): number => words[WORD[name]] ?? 0;
  const real = (name: keyof typeof WORD): number => m[WORD[name]] ?? 0;
  const zero = (at: number, floats: number): void => void m.fill(0, at >> 2, (at >> 2) + floats);

  return {
    forward(first, batch) {
      const units = word("units");
      const inputs = word("inputs");
      const steps = word("steps");
      const row = 4 * word("row");
      const head = word("head");
      const state = word("state");
      const cell = word("cell");
      zero(cell, batch * units);
      for (let b = 0; b < batch; b++) {
        zero(state + b * row, units);
        const sample = words[(word("order") >> 2) + first + b] ?? 0;
        let from = (word("rows") >> 2) + (words[(word("starts") >> 2) + sample] ?? 0) * inputs;
        for (let t = 0; t <= steps; t++) {
          let to = ((state + (t * batch + b) * row) >> 2) + units;
          m[to] = 1;
          if (t < steps) for (let i = 0; i < inputs; i++) m[++to] = m[from++] ?? 0;
        }
      }
      const gateRow = 16 * units;
      const unitRow = 4 * units;
      for (let t = 0; t < steps; t++) {
        const z = word("gates") + t * batch * gateRow;
        // Before the first step h is zero and its products add nothing, not even a rounding: only [1 | x] counts.
        const known = t === 0 ? units : 0;
        const from = state + t * batch * row + 4 * known;
        const weights = word("weights") + known * gateRow;
        loops.multiply(from, row, batch, units + 1 + inputs - known, weights, gateRow, z, gateRow, 4 * units);
        for (let b = 0; b < batch; b++) {
          const c = cell + (t * batch + b) * unitRow;
          const s = word("squashed") + (t * batch + b) * unitRow;
          loops.gatesForward(z + b * gateRow, units, c, c + batch * unitRow, s, state + ((t + 1) * batch + b) * row);
        }
      }
      const last = state + steps * batch * row;
      loops.multiply(last, row, batch, units + 1, word("dense"), 4 * head, word("result"), 4 * head, head);
    },

    loss(first, batch) {
      const outputs = word("outputs");
      const head = word("head");
      const share = f(1 / f(batch * outputs));
      let total = 0;
      for (let b = 0; b < batch; b++) {
        const sample = words[(word("order") >> 2) + first + b] ?? 0;
        for (let o = 0; o < outputs; o++) {
          const target = m[(word("targets") >> 2) + sample * head + o] ?? 0;
          const error = f((m[(word("result") >> 2) + b * head + o] ?? 0) - target);
          const level = m[(word("levels") >> 2) + o] ?? 0;
          let slope = 0;
          if (!Number.isNaN(target)) {
            if (Number.isNaN(level)) {
              slope = f(f(2 * error) * share);
              total += f(error * error);
            } else if (error > 0) {
              slope = f(f(1 - level) * share);
              total += f(f(1 - level) * error);
            } else {
              slope = f(-level * share);
              total -= f(level * error);
            }
          }
          m[(word("dResult") >> 2) + b * head + o] = slope;
        }
      }
      return total;
    },

    backpropagate(batch) {
      const units = word("units");
      const inputs = word("inputs");
      const steps = word("steps");
      const row = 4 * word("row");
      const head = word("head");
      const headRow = 4 * head;
      const gateRow = 16 * units;
      const unitRow = 4 * units;
      const dResult = word("dResult");
      const dState = word("dState");
      const dCell = word("dCell");
      const weights = word("weights");
      const last = word("state") + steps * batch * row;
      loops.outer(last, row, batch, units + 1, dResult, headRow, word("denseGradient"), headRow, head);
      loops.backward(dResult, headRow, batch, head, word("dense"), headRow, dState, unitRow, units);
      zero(dCell, batch * units);
      for (let t = steps - 1; t >= 0; t--) {
        const z = word("gates") + t * batch * gateRow;
        for (let b = 0; b < batch; b++) {
          const c = word("cell") + (t * batch + b) * unitRow;
          const s = word("squashed") + (t * batch + b) * unitRow;
          loops.gatesBackward(z + b * gateRow, units, c, s, dState + b * unitRow, dCell + b * unitRow);
        }
        if (t > 0) loops.backward(z, gateRow, batch, 4 * units, weights, gateRow, dState, unitRow, units);
      }
      const depth = units + 1 + inputs;
      loops.outer(
        word("state"),
        row,
        batch * steps,
        depth,
        word("gates"),
        gateRow,
        word("gradient"),
        gateRow,
        4 * units,
      );
    },

    update(rate, correction, decay) {
      const count = word("count");
      const clip = real("clip");
      const gradient = word("gradient");
      let norm = 0;
      let scale = 1;
      if (clip > 0) {
        norm = f(Math.sqrt(loops.squaredNorm(gradient, count)));
        if (norm > clip) scale = f(clip / norm);
      }
      loops.adam(
        ...([word("weights"), gradient, word("first"), word("second"), count] as const),
        ...([real("beta1"), real("beta2"), rate, correction, real("epsilon"), decay, scale] as const),
      );
      return norm;
    },
  };
}
