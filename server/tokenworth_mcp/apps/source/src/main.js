// Starts the page: draws the answer that a report has inside, or waits for a host to send one and asks it for the rest.
import { at } from "./figures.js";
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
  if (adjust && !parts[1].hasChildNodes()) parts[1].replaceChildren(...[adjust].flat());
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
  await deepen(page, host, said);
}

/** Asks for the answer in full, which has the series, and lets its assumptions be moved. */
async function deepen(page, host, said) {
  const ask = async (overrides) => {
    const changed = Object.keys(overrides).length ? { overrides: { ...said.overrides, ...overrides } } : {};
    const result = await host.callTool(page.tool, { ...said, ...changed, detail: "full" });
    if (result.isError) throw new Error(result.content?.[0]?.text ?? "refused");
    return result.structuredContent;
  };
  main.setAttribute("aria-busy", "true");
  const answer = await ask({}).catch(() => null);
  main.setAttribute("aria-busy", "false");
  if (!answer) return;
  const moved = page.main && sliders(answer, (path) => at(answer, path), page.main, async (overrides) => {
    main.setAttribute("aria-busy", "true");
    try {
      const anew = await ask(overrides);
      draw(anew);
      return anew;
    } finally {
      main.setAttribute("aria-busy", "false");
    }
  });
  draw(answer, moved);
}

const kept = document.getElementById("report");
if (kept) {
  const { answer, asked, made } = JSON.parse(kept.textContent);
  draw(answer);
  main.append(...reported(asked, made));
  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((one) => (one.open = true)));
} else {
  live();
}
