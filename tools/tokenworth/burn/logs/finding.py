"""Finds the logs that each tool keeps: links are followed, but no folder twice, and what is closed is left out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from tokenworth.burn.logs.events import LogFile

__all__ = ["AGENTS", "find_logs"]

_Environment = Mapping[str, str]


def find_logs(agent: str, home: str, environment: _Environment) -> Iterator[LogFile]:
    """One tool's logs that are there now; a folder that is missing or closed has none.

    Args:
        agent: one of `AGENTS`.
        home: the user's home folder, absolute.
        environment: where the tool's own variables are looked up.
    """
    return FINDERS[agent](home, environment)


def _claude(home: str, environment: _Environment) -> Iterator[LogFile]:
    """Every `projects/**/*.jsonl` of CLAUDE_CONFIG_DIR, or of the two usual folders."""
    settings = environment.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    usual = [os.path.join(settings, "claude"), os.path.join(home, ".claude")]
    for root in _roots(_folders_in(environment, "CLAUDE_CONFIG_DIR", home) or usual):
        for path, below in _walk(os.path.join(root, "projects"), (".jsonl",)):
            project, rest = _project_of(below)
            yield LogFile(path, rest.partition("/")[0].removesuffix(".jsonl"), project)


def _codex(home: str, environment: _Environment) -> Iterator[LogFile]:
    """Every rollout of CODEX_HOME or `~/.codex`, archived ones too."""
    for root in _roots(_folders_in(environment, "CODEX_HOME", home) or [os.path.join(home, ".codex")]):
        for part in ("sessions", "archived_sessions"):
            for path, below in _walk(os.path.join(root, part), (".jsonl",)):
                name = below.rpartition("/")[2]
                if name.startswith("rollout-"):
                    yield LogFile(path, name.removesuffix(".jsonl"))


def _gemini(home: str, environment: _Environment) -> Iterator[LogFile]:
    """Every chat below GEMINI_DATA_DIR, or below `.gemini/tmp` of GEMINI_CLI_HOME or of the home folder."""
    homes = _folders_in(environment, "GEMINI_CLI_HOME", home) or [home]
    usual = [os.path.join(folder, ".gemini", "tmp") for folder in homes]
    for root in _roots(_folders_in(environment, "GEMINI_DATA_DIR", home) or usual):
        for path, below in _walk(root, (".json", ".jsonl")):
            project, rest = _project_of(below)
            stem, _, ending = rest.rpartition("/")[2].rpartition(".")
            yield LogFile(path, stem, project, grows=ending == "jsonl")


def _opencode(home: str, environment: _Environment) -> Iterator[LogFile]:
    """Every `opencode*.db`, OPENCODE_DB, and the older files, of OPENCODE_DATA_DIR or where XDG keeps data."""
    named = environment.get("OPENCODE_DB") or ""
    seen: set[str] = set()
    usual = [os.path.join(_data_home(home, environment), "opencode")]
    for root in _roots(_folders_in(environment, "OPENCODE_DATA_DIR", home) or usual):
        for path in (*_databases(root), *([os.path.join(root, named)] if named else ())):
            if path not in seen and os.path.isfile(path):
                seen.add(path)
                yield LogFile(path, grows=False, companions=(f"{path}-wal",))
        for path, below in _walk(os.path.join(root, "storage", "message"), (".json",)):
            yield LogFile(path, below.rpartition("/")[0], grows=False)


def _databases(root: str) -> list[str]:
    try:
        names = sorted(os.listdir(root))
    except OSError:
        return []
    return [os.path.join(root, file) for file in names if file.startswith("opencode") and file.endswith(".db")]


def _copilot(home: str, environment: _Environment) -> Iterator[LogFile]:
    """Traces of `otel` and COPILOT_OTEL_FILE_EXPORTER_PATH, and sessions, of COPILOT_HOME or `~/.copilot`."""
    roots = _roots(_folders_in(environment, "COPILOT_HOME", home) or [os.path.join(home, ".copilot")])
    exported = environment.get("COPILOT_OTEL_FILE_EXPORTER_PATH") or ""
    traces = [path for root in roots for path, _ in _walk(os.path.join(root, "otel"), (".jsonl",))]
    if exported and os.path.isfile(exported) and os.path.realpath(exported) not in traces:
        traces.append(os.path.realpath(exported))
    for path in traces:
        yield LogFile(path, grows=False)
    for root in roots:
        for path, below in _walk(os.path.join(root, "session-state"), (".jsonl",)):
            session, _, file = below.rpartition("/")
            if file == "events.jsonl" or not session:
                # Traces go first: when one comes to tell of a session, its totals are looked at again.
                yield LogFile(path, session or file.removesuffix(".jsonl"), grows=False, companions=tuple(traces))


def _amp(home: str, environment: _Environment) -> Iterator[LogFile]:
    """Every thread of AMP_DATA_DIR, or of `amp` where XDG keeps data."""
    usual = [os.path.join(_data_home(home, environment), "amp")]
    for root in _roots(_folders_in(environment, "AMP_DATA_DIR", home) or usual):
        for path, below in _walk(os.path.join(root, "threads"), (".json",)):
            file = below.rpartition("/")[2]
            if file.startswith("T-"):
                yield LogFile(path, file.removesuffix(".json"), grows=False)


def _pi(home: str, environment: _Environment) -> Iterator[LogFile]:
    """Every session of PI_CODING_AGENT_SESSION_DIR, of PI_CODING_AGENT_DIR, or of `~/.pi/agent`."""
    agents = _folders_in(environment, "PI_CODING_AGENT_DIR", home) or [os.path.join(home, ".pi/agent")]
    usual = [os.path.join(folder, "sessions") for folder in agents]
    for root in _roots(_folders_in(environment, "PI_CODING_AGENT_SESSION_DIR", home) or usual):
        for path, below in _walk(root, (".jsonl",)):
            project, rest = _project_of(below)
            stem = rest.rpartition("/")[2].removesuffix(".jsonl")
            yield LogFile(path, stem.partition("_")[2] or stem, project)


FINDERS: Final[Mapping[str, Callable[[str, _Environment], Iterator[LogFile]]]] = {
    "claude": _claude,
    "codex": _codex,
    "gemini": _gemini,
    "opencode": _opencode,
    "copilot": _copilot,
    "amp": _amp,
    "pi": _pi,
}
AGENTS: Final = tuple(FINDERS)
"""The tools whose logs are read; each is a module of this package."""


def _roots(folders: Iterable[str]) -> list[str]:
    """Each folder once, wherever links lead."""
    return list(dict.fromkeys(os.path.realpath(folder) for folder in folders))


def _project_of(below: str) -> tuple[str, str]:
    """The first folder of a path, and the rest of it."""
    project, _, rest = below.partition("/") if "/" in below else ("", "", below)
    return project, rest


def _folders_in(environment: _Environment, variable: str, home: str) -> list[str]:
    """The folders that a variable lists with commas between them, `~` being the home folder."""
    named = [part.strip() for part in (environment.get(variable) or "").split(",")]
    return [os.path.join(home, part[1:].lstrip("/\\")) if part.startswith("~") else part for part in named if part]


def _data_home(home: str, environment: _Environment) -> str:
    """Where XDG keeps data."""
    return environment.get("XDG_DATA_HOME") or os.path.join(home, ".local", "share")


def _walk(folder: str, suffixes: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Files below a folder whose names end in one of the suffixes: the path, and the path below the folder with `/`."""
    seen: set[tuple[int, int]] = set()
    waiting = [(folder, "")]
    while waiting:
        place, below = waiting.pop()
        try:
            held = os.stat(place)
            if (held.st_dev, held.st_ino) in seen:
                continue
            seen.add((held.st_dev, held.st_ino))
            entries = sorted(os.scandir(place), key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            if _holds(entry.is_dir):
                waiting.append((entry.path, f"{below}{entry.name}/"))
            elif entry.name.endswith(suffixes) and _holds(entry.is_file):
                yield entry.path, below + entry.name


def _holds(question: Callable[[], bool]) -> bool:
    try:
        return question()
    except OSError:
        return False
