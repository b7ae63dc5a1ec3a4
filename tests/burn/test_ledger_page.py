"""The commands in docs/ledger.md run, one after the other, on one ledger."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "ledger.md"
pytestmark = pytest.mark.skipif(not PAGE.exists(), reason="documents are not part of this checkout")


def test_every_command_on_the_page_runs(tmp_path):
    (block,) = re.findall(r"```bash\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    variables = {**os.environ, "TOKENWORTH_LEDGER": str(tmp_path / "ledger.sqlite3")}
    for line in block.splitlines():
        command = [sys.executable, "-m", "tokenworth_mcp", *line.split()[1:], "--format", "json"]
        found = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
        assert found.returncode == 0, (line, found.stderr)
        assert '"headline"' in found.stdout
