"""The worked example of docs/batch.md runs, and gives the file that the page shows."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "batch.md"


def test_the_batch_on_the_page_is_what_the_command_writes(tmp_path):
    page = PAGE.read_text(encoding="utf-8")
    (offers,) = re.findall(r"```csv\n(.*?)```", page, re.DOTALL)
    (command,) = re.findall(r"```bash\ntokenworth (.*?)\n```", page)
    (shown,) = re.findall(r"```\n(line,label,.*?)```", page, re.DOTALL)
    (tmp_path / "offers.csv").write_text(offers, encoding="utf-8")
    found = subprocess.run(
        [sys.executable, "-m", "tokenworth_mcp", *command.split()],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 1, found.stderr
    assert f"`{found.stdout.strip()}`" in page
    assert (tmp_path / "values.csv").read_text(encoding="utf-8") == shown
