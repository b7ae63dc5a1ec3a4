"""Valuing an offer writes no file and opens no connection: whatever Python itself reports as it happens."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

OFFER = Path(__file__).resolve().parents[2] / "fixtures" / "offers" / "big-company.yaml"

WATCHED = """
import os, sys
seen = []
def watch(event, details):
    if event == "open" and isinstance(details[2], int) and details[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        if not str(details[0]).endswith(".pyc") and "__pycache__" not in str(details[0]):
            seen.append((event, details[0]))
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "subprocess.Popen", "os.remove", "os.mkdir"):
        seen.append((event, details))
sys.addaudithook(watch)
sys.argv = ["tokenworth", *sys.argv[1:]]
from tokenworth_mcp.cli import main
try:
    main()
finally:
    print("SEEN", [entry for entry in seen if entry[0] != "socket.connect" or entry[1][1] is not None], file=sys.stderr)
"""


def watched(*arguments):
    program = [sys.executable, "-B", "-c", WATCHED, *arguments]
    return subprocess.run(program, capture_output=True, text=True, check=False)


def test_valuing_an_offer_writes_and_sends_nothing():
    found = watched("value", str(OFFER), "--format", "json")
    assert found.returncode == 0
    assert found.stderr.strip() == "SEEN []"


def test_the_watch_would_have_noticed(tmp_path):
    report = tmp_path / "out.txt"
    program = WATCHED.replace("    main()", f"    open({str(report)!r}, 'w').close()")
    found = subprocess.run([sys.executable, "-B", "-c", program], capture_output=True, text=True, check=False)
    assert "out.txt" in found.stderr
