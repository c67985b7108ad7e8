/** A real HTTP JSON-RPC endpoint in front of an in-process chain. Counts requests itself and can be told to misbehave. */
import { createServer, type IncomingMessage } from "node:http";
import { z } from "zod";

const callSchema = z.object({ id: z.unknown(), method: z.string(), params: z.array(z.unknown()).default([]) });
export type IncomingCall = z.output<typeof callSchema>;

export interface Answer {
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

/** Replaces the answer to a call; undefined lets the chain answer. */
export type Fault = (call: IncomingCall) => Answer | "hang" | undefined | Promise<Answer | "hang" | undefined>;

export interface Eip1193 {
  request(args: { readonly method: string; readonly params?: unknown[] }): Promise<unknown>;
}

export interface RpcServer {
  readonly url: string;
  /** HTTP requests and the calls in each, as seen by the server. */
  readonly requests: string[][];
  fault: Fault | null;
  close(): Promise<void>;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}

const nodeError = z.object({ code: z.number().catch(-32603), message: z.string(), data: z.unknown().optional() });

export async function serve(provider: Eip1193): Promise<RpcServer> {
  const requests: string[][] = [];
  const state: { fault: Fault | null } = { fault: null };

  async function answer(call: IncomingCall): Promise<object | "hang"> {
    const faked = await state.fault?.(call);
    if (faked === "hang") return "hang";
    if (faked !== undefined) return { jsonrpc: "2.0", id: call.id, ...faked };
    try {
      const result = await provider.request({ method: call.method, params: call.params });
      return { jsonrpc: "2.0", id: call.id, result };
    } catch (error) {
      const { code, message, data } = nodeError.parse(error);
      return { jsonrpc: "2.0", id: call.id, error: { code, message, data } };
    }
  }

  const server = createServer((request, response) => {
    void (async () => {
      const json: unknown = JSON.parse(await bodyOf(request));
      const calls = z.array(callSchema).parse(Array.isArray(json) ? json : [json]);
      requests.push(calls.map(({ method }) => method));
      const answers: object[] = [];
      for (const call of calls) {
        const one = await answer(call);
        if (one === "hang") return;
        answers.push(one);
      }
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(Array.isArray(json) ? answers : answers[0]));
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const bound = z.object({ port: z.number() }).parse(server.address());
  return {
    url: `http://127.0.0.1:${bound.port}`,
    requests,
    get fault() {
      return state.fault;
    },
    set fault(fault: Fault | null) {
      state.fault = fault;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
