"""A real browser, with a host of MCP Apps in it that is made of the protocol's own parts, talking to a real server."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Frame, Page, Request, Route, sync_playwright

from tokenworth_mcp.apps.report import report_html

SOURCE = Path(__file__).parent / "host"
VIEW = "http://view.test/page.html"
# What a host must enforce for a page that asks for no domains (ext-apps, 2026-01-26).
VIEW_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; media-src 'self' data:; connect-src 'none'"
)
HOST_PAGE = (
    '<!doctype html><html lang="en"><title>host</title>'
    "<style>body{margin:0}iframe{border:0;width:100%%;height:200px}</style>"
    '<iframe title="view" sandbox="allow-scripts"></iframe><script>%s</script></html>'
)
SETTLED = '#page[aria-busy="false"] #body svg'


@dataclass
class HostTools:
    """What npm brought for the host."""

    script: str
    axe: str


@dataclass
class Shown:
    """A page in its host, and all that happened there."""

    page: Page
    view: Frame
    told: dict[str, Any]
    complaints: list[str]
    requests: list[Request]
    calls: list[dict[str, Any]] = field(default_factory=list)

    def settle(self) -> None:
        """Wait until the page has drawn what it asked for."""
        self.view.locator(SETTLED).first.wait_for()

    def number(self, path: str) -> float:
        """What the page shows for a field of the answer."""
        shown = self.view.locator(f'#head data[data-path="{path}"]').inner_text()
        return float(shown.replace("$", "").replace(",", "").replace("−", "-"))

    def forms(self) -> int:
        """How many forms the person was shown."""
        return self.page.evaluate("window.forms.length")

    def ask(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """What the tool itself says, past the page and the host."""
        told = self.page.evaluate("([tool, args]) => window.askServer(tool, args)", [tool, arguments])
        return told["structuredContent"]

    def picture(self, path: Path) -> None:
        """The whole view as a picture; a frame is painted only where the window is."""
        height = self.view.evaluate("document.documentElement.scrollHeight")
        self.page.set_viewport_size({"width": self.page.viewport_size["width"], "height": height})
        self.page.screenshot(path=path)

    def strays(self) -> list[str]:
        """The requests that the view made, other than being loaded."""
        return [one.url for one in self.requests if one.frame == self.view and one.url != VIEW]


@pytest.fixture(scope="session")
def host_tools(tmp_path_factory: pytest.TempPathFactory) -> HostTools:
    """The host's script and axe-core, by npm."""
    folder = tmp_path_factory.mktemp("host") / "host"
    shutil.copytree(SOURCE, folder, ignore=shutil.ignore_patterns("node_modules"))
    for command in (["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], ["run", "build", "--silent"]):
        subprocess.run(["npm", *command], cwd=folder, check=True)
    axe = folder / "node_modules" / "axe-core" / "axe.min.js"
    return HostTools((folder / "built.js").read_text("utf-8"), axe.read_text("utf-8"))


@pytest.fixture(scope="module")
def browser(good_call: Callable[[str], dict[str, Any]]) -> Iterator[Browser]:  # its loop must end before this begins
    """Debian's Chromium."""
    with sync_playwright() as playwright:
        found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        opened = playwright.chromium.launch(executable_path=found)
        yield opened
        opened.close()


Show = Callable[..., Shown]


@pytest.fixture
def show(browser: Browser, host_tools: HostTools, http_url: str) -> Iterator[Show]:
    """Calls a tool in the host and shows its page: `show("value_offer", {...}, theme="dark", width=360)`.

    With `filled` the host can show forms, and its person fills in every one so.
    """
    contexts = []

    def run(
        tool: str,
        arguments: dict[str, Any],
        *,
        theme: str = "light",
        width: int = 800,
        capabilities: dict[str, Any] | None = None,
        era: str = "legacy",
        filled: dict[str, Any] | None = None,
    ) -> Shown:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme="light")
        contexts.append(context)
        page = context.new_page()
        kept: list[str] = []
        origin = http_url.removesuffix("/mcp")
        page.route(f"{origin}/host.html", lambda route: _html(route, HOST_PAGE % host_tools.script))
        page.route(VIEW, lambda route: _html(route, kept[-1], {"content-security-policy": VIEW_POLICY}))
        page.expose_function("keepPage", lambda text, mime, ui: kept.append(_acceptable(text, mime, ui)))
        complaints: list[str] = []
        # The SDK's client asks the server for a stream that it does not have; that is between the two of them.
        page.on(
            "console",
            lambda said: (
                complaints.append(said.text)
                if said.type in ("error", "warning") and said.location["url"] != http_url
                else None
            ),
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        requests: list[Request] = []
        calls: list[dict[str, Any]] = []
        page.on("request", lambda request: requests.append(request) or _note_call(request, calls))
        page.goto(f"{origin}/host.html")
        capabilities = {"serverTools": {}} if capabilities is None else capabilities
        told = page.evaluate(
            "(shown) => window.showTool(...shown)",
            [tool, arguments, {"theme": theme}, capabilities, era, filled],
        )
        (view,) = (frame for frame in page.frames if frame.url == VIEW)
        return Shown(page, view, told, complaints, requests, calls)

    yield run
    for context in contexts:
        context.close()


@pytest.fixture
def opened(browser: Browser) -> Iterator[Callable[[Path], tuple[Page, list[str]]]]:
    """Opens a file with the network off: the page, and a list of what it complained of or asked for."""
    context = browser.new_context(offline=True, viewport={"width": 800, "height": 900})

    def run(file: Path) -> tuple[Page, list[str]]:
        page = context.new_page()
        outside: list[str] = []
        page.on("console", lambda said: outside.append(said.text))
        page.on("pageerror", lambda error: outside.append(str(error)))
        page.on("request", lambda request: request.url == file.as_uri() or outside.append(request.url))
        page.goto(file.as_uri())
        # Whatever is drawn is drawn now; what has nothing to draw has its words.
        page.locator('#page[aria-busy="false"]').wait_for()
        page.wait_for_function("() => [...document.querySelectorAll('.frame')].every((frame) => frame.firstChild)")
        return page, outside

    yield run
    context.close()


@pytest.fixture
def drawn(opened: Callable[[Path], tuple[Page, list[str]]], tmp_path: Path) -> Callable[..., Any]:
    """Asks for an answer and its moment, and opens it as a report: the answer, the page, and what it complained of."""

    def run(asked: Coroutine[Any, Any, tuple[dict[str, Any], datetime]]) -> tuple[dict[str, Any], Page, list[str]]:
        # In a thread of its own, as the browser's loop runs in this one.
        with ThreadPoolExecutor(1) as threads:
            answer, now = threads.submit(asyncio.run, asked).result()
        file = tmp_path / "report.html"
        file.write_text(report_html(answer, {}, now), encoding="utf-8")
        return (answer, *opened(file))

    return run


def _html(route: Route, body: str, headers: dict[str, str] | None = None) -> None:
    route.fulfill(body=body, content_type="text/html; charset=utf-8", headers=headers)


def _acceptable(text: str, mime: str, ui: dict[str, Any]) -> str:
    assert mime == "text/html;profile=mcp-app"
    assert not any(ui["csp"].values())
    return text


def _note_call(request: Request, calls: list[dict[str, Any]]) -> None:
    message = json.loads(request.post_data) if request.post_data else {}
    if message.get("method") == "tools/call":
        calls.append(message["params"])


@pytest.fixture
def serious(host_tools: HostTools) -> Callable[[Frame | Page], list[str]]:
    """What axe-core finds serious or worse."""

    def check(target: Frame | Page) -> list[str]:
        target.evaluate(host_tools.axe)
        found = target.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{one['id']}: {one['help']}: {one['nodes'][0]['html']}"
            for one in found["violations"]
            if one["impact"] in ("serious", "critical")
        ]

    return check


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Where screenshots go: a folder that is kept when TOKENWORTH_PICTURES names one."""
    folder = Path(os.environ.get("TOKENWORTH_PICTURES", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
