"""How any answer's data is laid out for people."""

from __future__ import annotations

import pytest

from tokenworth_mcp.cli.output import show

DATA = {
    "headline": "About $18,118 a year.",
    "currency": "USD",
    "certain": False,
    "value": {"low": 1_000, "base": 2_500.5, "high": 12_345_678.9},
    "drivers": [
        {"name": "rights | use", "swing_usd": 12_000, "notes": ["a", "b"]},
        {"name": "cuts", "swing_usd": -300, "fact": None},
    ],
    "parts": {"salary": {"base": 1}, "tokens": {"base": 2}},
    "questions": ["How much, and when?", "Why?"],
    "nothing": [],
}

MARKDOWN = """\
**About $18,118 a year.**

- currency: USD
- certain: no
- value: low 1,000, base 2,500.5, high 12,345,679
- questions: How much, and when?; Why?

### drivers

| name | swing USD | notes | fact |
| --- | --- | --- | --- |
| rights \\| use | 12,000 | a, b |  |
| cuts | -300 |  |  |

### parts

|  | base |
| --- | --- |
| salary | 1 |
| tokens | 2 |
"""


def test_markdown_has_the_headline_the_values_and_a_table_for_each_list(capsys):
    show(DATA, "md")
    assert capsys.readouterr().out == MARKDOWN


@pytest.mark.parametrize("width", ["40", "200"])
def test_a_table_keeps_to_the_width_and_loses_no_word(capsys, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", width)
    show(DATA, "table")
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= int(width)
    for word in ("$18,118", "rights", "12,000", "salary", "2,500.5"):
        assert word in out


def test_a_command_may_choose_the_columns_of_a_list(capsys):
    show(DATA, "md", {"drivers": ("swing_usd", "name", "absent")})
    assert "| swing USD | name |\n" in capsys.readouterr().out


def test_nobody_s_text_is_taken_for_markup(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    show({"headline": "[bold]x[/bold]", "note": "[red]y", "rows": [{"a": "[/]"}]}, "table")
    out = capsys.readouterr().out
    assert "[bold]x[/bold]" in out
    assert "[red]y" in out
    assert "[/]" in out
