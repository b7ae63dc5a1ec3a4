"""Every example in the documents runs, and every number in them is the one the code gives."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tokenworth.assumptions.tax_tables import load_tax_tables
from tokenworth.money import dollars
from tokenworth.valuation.taxes import employee_curve, gross_salary_equivalent
from tokenworth.valuation.willingness import willingness_to_pay

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"


def blocks(path, language):
    return re.findall(rf"```{language}\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)


def command(line, folder):
    program = shutil.which("tokenworth", path=str(Path(sys.executable).parent))
    shell = line.split("    #")[0].replace("tokenworth", str(program), 1)
    return subprocess.run(["bash", "-c", shell], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def workplace(tmp_path):
    (tmp_path / "offer.yaml").write_text(blocks(README, "yaml")[0], encoding="utf-8")
    (tmp_path / "offers.jsonl").write_text('{"offer": {"base": 1000}}\n', encoding="utf-8")
    (tmp_path / "fixtures").symlink_to(ROOT / "fixtures")
    return tmp_path


LINES = [line for block in blocks(README, "bash") for line in block.splitlines() if line.startswith("tokenworth ")]


@pytest.mark.parametrize("line", LINES)
def test_every_command_in_the_readme_runs(workplace, line):
    found = command(line, workplace)
    assert found.returncode == 0, found.stderr
    assert found.stdout


def test_the_python_in_the_readme_runs(workplace):
    (code,) = blocks(README, "python")
    found = subprocess.run([sys.executable, "-c", code], cwd=workplace, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    assert found.stdout.startswith("375068 $475,000 a year at face")


def test_the_transcript_in_the_readme_is_what_the_demo_prints(workplace):
    shown = next(block for block in blocks(README, "") if block.startswith("$ make demo"))
    printed = " ".join(command("tokenworth demo", workplace).stdout.split())
    assert " ".join(shown.removeprefix("$ make demo\n").split()) in printed


def test_the_worked_numbers_of_the_model_are_the_codes():
    page = (ROOT / "docs" / "valuation.md").read_text(encoding="utf-8")
    tables = load_tax_tables(2026, "single")
    curve = employee_curve((tables.federal,), tables.payroll)
    for imputed in (100_000, 0):
        assert f"| {dollars(float(gross_salary_equivalent(curve, 375_000, 11_351, imputed)))} |" in page
    assert dollars(float(curve.tax_on(475_000) - curve.tax_on(375_000))) in page
    worth = float(willingness_to_pay(24_000.0, 2_400.0, 1.5))
    assert dollars(worth) in page
    assert f"{100 * worth / 24_000:.0f} cents" in page


def test_the_table_of_tools_in_the_readme_is_generated():
    shown = re.search(
        r"<!-- generated: tools -->\n(.*?)<!-- /generated -->", README.read_text(encoding="utf-8"), re.DOTALL
    )
    from tokenworth_mcp.catalogue import TOOLS  # noqa: PLC0415 - beside what it is held against

    rows = ["| tool | what for |", "| --- | --- |", *(f"| `{tool.name}` | {tool.title} |" for tool in TOOLS)]
    assert shown is not None
    assert shown[1].splitlines() == rows
