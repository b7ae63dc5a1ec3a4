// The page's end of MCP Apps (2026-01-26): JSON-RPC 2.0 over postMessage with the host that shows it.
// The protocol's own App class brings 650 KB of schemas along; what a page needs of it is this. The tests hold it
// against that package's AppBridge, which is the other end in real hosts.
const PROTOCOL = "2026-01-26";
const REFUSED = -32601;
const WAIT_MS = 60_000;

/**
 * Connects to the host.
 * @param {Record<string, (params: object) => void>} heard what to do on which notification
 * @returns {Promise<{context: object, callTool?: (name: string, args: object) => Promise<object>}>}
 *   `callTool` is there when the host lets pages call tools.
 */
export async function connectHost(heard) {
  const waiting = new Map();
  let asked = 0;
  const post = (message) => window.parent.postMessage({ jsonrpc: "2.0", ...message }, "*");

  function ask(method, params) {
    const id = ++asked;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(id);
        reject(new Error("the host did not answer in a minute"));
      }, WAIT_MS);
      waiting.set(id, { resolve, reject, timer });
      post({ id, method, params });
    });
  }

  function settle({ id, result, error }) {
    const one = waiting.get(id);
    if (!one) return;
    waiting.delete(id);
    clearTimeout(one.timer);
    if (error) one.reject(new Error(error.message));
    else one.resolve(result);
  }

  window.addEventListener("message", ({ source, data }) => {
    if (source !== window.parent || data?.jsonrpc !== "2.0") return;
    if (data.method === undefined) settle(data);
    else if (data.id === undefined) heard[data.method]?.(data.params ?? {});
    else if (["ping", "ui/resource-teardown"].includes(data.method)) post({ id: data.id, result: {} });
    else post({ id: data.id, error: { code: REFUSED, message: "this page has no such method" } });
  });

  const answered = await ask("ui/initialize", {
    appInfo: { name: "tokenworth", version: "1" },
    appCapabilities: { availableDisplayModes: ["inline"] },
    protocolVersion: PROTOCOL,
  });
  post({ method: "ui/notifications/initialized" });
  followSize((height) => post({ method: "ui/notifications/size-changed", params: { height } }));
  const callTool = (name, args) => ask("tools/call", { name, arguments: args, _meta: { "tokenworth/page": true } });
  return { context: answered.hostContext ?? {}, callTool: answered.hostCapabilities?.serverTools && callTool };
}

function followSize(tell) {
  let told = 0;
  new ResizeObserver(() => {
    const height = Math.ceil(document.body.getBoundingClientRect().height);
    if (height !== told) tell((told = height));
  }).observe(document.body);
}
