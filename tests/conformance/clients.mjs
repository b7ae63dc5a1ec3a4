// Both generations of the TypeScript SDK as clients: `node clients.mjs v1|v2 ERA http URL | stdio COMMAND...`.
// Prints one JSON object of what it saw: listed, called, read, completed, prompted, refused, progress, cancelled.
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [generation, era, kind, target, ...rest] = process.argv.slice(2);
const tools = createRequire(join(process.env.NODE_PATH, "x"));
const load = (name) => import(pathToFileURL(tools.resolve(name)));

const parts = {
  v1: async () => ({
    ...(await load("@modelcontextprotocol/sdk/client/index.js")),
    ...(await load("@modelcontextprotocol/sdk/client/stdio.js")),
    ...(await load("@modelcontextprotocol/sdk/client/streamableHttp.js")),
  }),
  v2: async () => ({
    ...(await load("@modelcontextprotocol/client")),
    ...(await load("@modelcontextprotocol/client/stdio")),
  }),
};
const { Client, StdioClientTransport, StreamableHTTPClientTransport } = await parts[generation]();

const options = generation === "v2" ? { versionNegotiation: { mode: era === "modern" ? { pin: "2026-07-28" } : "legacy" } } : {};
const client = new Client({ name: `typescript-${generation}`, version: "1" }, options);
const transport =
  kind === "http"
    ? new StreamableHTTPClientTransport(new URL(target))
    : new StdioClientTransport({ command: target, args: rest, stderr: "inherit", env: process.env });
await client.connect(transport);

const call = (name, args, more = {}) =>
  generation === "v1"
    ? client.callTool({ name, arguments: args }, undefined, more)
    : client.callTool({ name, arguments: args }, more);
const heard = [];
const long = { offers: JSON.parse(process.env.LONG_OFFERS), draws: 200000, person: { state: "CA" } };
const short = { ...long, draws: 1000 };

const seen = {
  tools: (await client.listTools()).tools.map((tool) => tool.name),
  prompts: (await client.listPrompts()).prompts.map((prompt) => prompt.name),
  templates: (await client.listResourceTemplates()).resourceTemplates.map((template) => template.uriTemplate),
  called: (await call("explain_assumptions", { names: ["cut_hazard"] })).structuredContent.headline,
  refused: (await call("value_offer", { offer: { bass: 1 } })).isError,
  read: JSON.parse((await client.readResource({ uri: "tokenworth://prices/google/gemini-4-argon" })).contents[0].text).rows[0].model,
  prompted: (await client.getPrompt({ name: "am-i-locked-in", arguments: { situation: "here" } })).messages[0].role,
  completed: (
    await client.complete({
      ref: { type: "ref/prompt", name: "compare-my-offers" },
      argument: { name: "place", value: "germ" },
    })
  ).completion.values,
};
await call("compare_offers", short, { onprogress: (note) => heard.push(note.progress) });
seen.progress = heard.length > 0 && heard.every((share, place) => place === 0 || share > heard[place - 1]);

const stop = new AbortController();
try {
  await call("compare_offers", long, { signal: stop.signal, onprogress: () => stop.abort("no longer wanted") });
  seen.cancelled = false;
} catch {
  seen.cancelled = true;
}
seen.after = !(await call("explain_assumptions", {})).isError;
process.stdout.write(JSON.stringify(seen) + "\n");
await client.close();
