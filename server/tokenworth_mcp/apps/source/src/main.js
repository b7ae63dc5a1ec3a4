// Starts the page: draws the answer that a report has inside, or waits for a host to send one and asks it for the rest.
import { forgetCharts } from "./chart.js";
import { h } from "./dom.js";
import { connectHost } from "./host.js";
import { whole, reported } from "./answers.js";
import { sliders } from "./sliders.js";
import { page as budget } from "./pages/budget.js";
import { page as burn } from "./pages/burn.js";
import { page as comparison } from "./pages/comparison.js";
import { page as lockIn } from "./pages/lock_in.js";
import { page as offer } from "./pages/offer.js";
import { page as prices } from "./pages/prices.js";
import { page as program } from "./pages/program.js";

const PAGES = [offer, comparison, lockIn, budget, burn, prices, program];
const main = document.getElementById("page");

const failed = (text) => main.replaceChildren(h("p", { role: "alert", class: "failed" }, text));

/** Draws an answer; what was adjusted stays in place, and so does the focus. */
function draw(answer, adjust) {
  const found = PAGES.find(({ fits }) => fits(answer));
  if (!found) return failed(answer.headline ?? "This page cannot draw that answer.");
  const { head, body } = found.draw(answer);
  const parts = ["head", "adjust", "body"].map((name) => document.getElementById(name) ?? h("div", { id: name }));
  if (!parts[0].isConnected) main.replaceChildren(...parts);
  parts[0].replaceChildren(...head);
  parts[2].replaceChildren(...[body, whole(answer)].flat(Infinity).filter(Boolean));
  if (adjust) parts[1].replaceChildren(adjust);
  forgetCharts();
  main.setAttribute("aria-busy", "false");
  return found;
}

function wear({ theme, styles, locale }) {
  if (theme) document.documentElement.dataset.theme = theme;
  const font = styles?.variables?.["--font-sans"];
  if (font) document.documentElement.style.setProperty("--font-sans", font);
  if (locale) document.documentElement.dataset.locale = locale;
}

async function live() {
  let said;
  let host;
  const first = new Promise((resolve) => {
    connectHost({
      "ui/notifications/tool-input": (params) => (said = params.arguments ?? {}),
      "ui/notifications/tool-result": resolve,
      "ui/notifications/tool-cancelled": () => failed("The call was cancelled."),
      "ui/notifications/host-context-changed": wear,
    }).then((connected) => {
      host = connected;
      wear(host.context);
    });
  });
  const result = await first;
  const told = result.content?.map((one) => one.text ?? "").join("\n");
  if (result.isError || !result.structuredContent) return failed(told || "There is no answer to draw.");
  const page = draw(result.structuredContent);
  if (!page || !host?.callTool || !said) return;
  await deepen(page, host, asAnswered(said, result.structuredContent.filled_in));
}

/** What was asked, with what the person filled in on a form meanwhile. */
function asAnswered(asked, filled) {
  const whole = structuredClone(asked);
  for (const [field, value] of Object.entries(filled ?? {})) {
    const way = field.match(/[a-z_][a-z0-9_]*|\d+/g);
    const last = way.pop();
    way.reduce((inner, key) => (inner[key] ??= {}), whole)[last] = value;
  }
  return whole;
}

/** Asks for the answer in full, which has the series, and lets its assumptions be moved. */
async function deepen(page, host, said) {
  const ask = async (overrides) => {
    const changed = Object.keys(overrides).length ? { overrides: { ...said.overrides, ...overrides } } : {};
    const { isError, structuredContent, content } = await host.callTool(page.tool, { ...said, ...changed, detail: "full" });
    if (isError || !structuredContent) throw new Error(content?.[0]?.text ?? "There is no answer.");
    return structuredContent;
  };
  const busy = (is) => main.setAttribute("aria-busy", String(is));
  busy(true);
  const answer = await ask({}).catch(() => null);
  busy(false);
  if (answer) draw(answer, page.main && sliders(answer, page.main(answer), { ask, draw, busy }));
}

const kept = document.getElementById("report");
if (kept) {
  const { answer, asked, made } = JSON.parse(kept.textContent);
  draw(answer);
  main.append(...reported(asked, made));
  // Every drawing's numbers are printed; every field of the answer, which is many pages, where the reader has opened it.
  addEventListener("beforeprint", () => document.querySelectorAll("figure details").forEach((one) => (one.open = true)));
} else {
  live();
}
