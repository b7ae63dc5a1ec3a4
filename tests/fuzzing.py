"""Other people's attackers on the shipped server, part of `make soak`: 500 runs a tool by mcp-fuzzer, and mcp-conform.

The fuzzer ends with 0 whatever it finds, so its findings file decides. A call that it calls malformed and that we
answered is explained when the tool's own listed schema takes its arguments: text to search for may be any text.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import jsonschema

from tokenworth_mcp.snapshots import read_listing

UV = Path(sys.executable).with_name("uv")
SERVER = f"{sys.executable} -m tokenworth_mcp serve"
RUNS = 500
SEED = "7"
SECONDS_MAX = 1_200


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"TOKENWORTH_LEDGER": str(Path(folder) / "ledger.db"), "HOME": folder}
        environment["UV_CACHE_DIR"] = str(Path.home() / ".cache" / "uv")
        report = Path(folder) / "report"
        fuzzed = ["--mode", "tools", "--runs", str(RUNS), "--protocol", "stdio", "--endpoint", SERVER, "--seed", SEED]
        _run("mcp-fuzzer==0.7.0", [*fuzzed, "--no-corpus", "--output-dir", str(report)], environment)
        findings = json.loads((report / "findings.json").read_text(encoding="utf-8"))["findings"]
        fuzzed_tools = json.loads((report / "run_summary.json").read_text(encoding="utf-8"))["tools"]["total"]
        _run("mcp-conform==0.1.0", ["server", "--command", SERVER], environment)
    unexplained = [finding for finding in findings if not _explained(finding)]
    for finding in unexplained:
        sys.stdout.write(f"{json.dumps(finding)[:2_000]}\n")
    sys.stdout.write(
        f"mcp-fuzzer: {fuzzed_tools} tools, {RUNS} runs each, {len(findings)} finding(s), "
        f"{len(unexplained)} unexplained; mcp-conform: clean\n"
    )
    return 1 if unexplained else 0


def _explained(finding: dict[str, object]) -> bool:
    """Whether it is a good call: one that the listed schema takes whole."""
    evidence = finding.get("evidence")
    if finding["category"] != "accepted_malformed" or not isinstance(evidence, dict):
        return False
    schema = read_listing(str(finding["target"]))["inputSchema"]
    return jsonschema.Draft202012Validator(schema).is_valid(evidence["input"])


def _run(package: str, arguments: list[str], environment: dict[str, str]) -> None:
    """Run a program of PyPI's in an environment of its own; what it prints is shown when it fails."""
    command = [UV, "tool", "run", "--quiet", "--python", sys.executable, package, *arguments]
    found = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=SECONDS_MAX)
    if found.returncode != 0:
        sys.exit(f"{package}: {found.stdout[-4_000:]}{found.stderr[-4_000:]}")


if __name__ == "__main__":
    sys.exit(main())
