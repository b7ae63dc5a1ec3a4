"""Files in YAML, TOML and JSON: read alike, with nothing guessed."""

from __future__ import annotations

import json

import pytest

from tokenworth_mcp.cli.documents import DOCUMENT_BYTES_MAX, DocumentError, read_document

WANTED = {
    "offer": {"base_salary": "180k", "country": "NO", "start_date": "2027-01-15", "bonus": 0.15, "remote": True},
    "years": [1, 2],
    "note": "a: b",
}
YAML = """
# an offer
offer:
  base_salary: 180k
  country: NO
  start_date: 2027-01-15
  bonus: 0.15
  remote: true
years: [1, 2]
note: "a: b"
"""
TOML = """
years = [1, 2]
note = "a: b"
[offer]
base_salary = "180k"
country = "NO"
start_date = 2027-01-15
bonus = 0.15
remote = true
"""


def _write(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("o.yaml", YAML),
        ("o.YML", YAML),
        ("o.toml", TOML),
        ("o.json", json.dumps(WANTED)),
        ("o.json", "\ufeff" + json.dumps(WANTED)),
    ],
    ids=["yaml", "YML", "toml", "json", "json with a byte order mark"],
)
def test_the_same_offer_reads_the_same_in_every_format(tmp_path, name, content):
    assert read_document(_write(tmp_path, name, content)) == WANTED


def test_yaml_scalars_mean_what_json_would_have_them_mean(tmp_path):
    text = "a: no\nb: on\nc: 12:30\nd: 1_000\ne: 0x10\nf: ~\ng:\nh: 1e3\ni: -2.5\nj: .inf\nk: '7'\nl: +5\nm: True\n"
    assert read_document(_write(tmp_path, "o.yaml", text)) == {
        "a": "no", "b": "on", "c": "12:30", "d": "1_000", "e": "0x10", "f": None, "g": None,
        "h": 1000.0, "i": -2.5, "j": ".inf", "k": "7", "l": 5, "m": "True",
    }  # fmt: skip


BOMB = "a: &a [x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(20)
)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("o.yaml", "a: 1\na: 2\n", "o.yaml: the same name twice at line 2, column 1. Write each name once"),
        ("o.yaml", "x:\n  a: 1\n  a: 2\n", "o.yaml: the same name twice at line 3, column 3. Write each name once"),
        ("o.yaml", BOMB, "o.yaml: an alias at line 2"),
        ("o.yaml", "a: &x [*x]\n", "o.yaml: an alias at line 1"),
        ("o.yaml", "1: a\n", "o.yaml: a name that is not text at line 1, column 1. Quote the name"),
        ("o.yaml", "? [a]\n: b\n", "o.yaml: a name that is not text at line 1, column 3. Quote the name"),
        ("o.yaml", "a: !!python/name:os.system x\n", "o.yaml: not YAML at line 1, column 4. Check that line"),
        ("o.yaml", "a: !secret k4n4ry\n", "o.yaml: not YAML at line 1, column 4. Check that line"),
        ("o.yaml", "a: [1\n", "o.yaml: not YAML at line 2, column 1. Check that line"),
        ("o.yaml", "a: \x07\n", "o.yaml: characters that YAML does not allow. Save the file as plain text"),
        ("o.yaml", "a: 0123\n", "o.yaml: JSON: not JSON at line 1"),
        ("o.yaml", f"a: {'9' * 5000}\n", "o.yaml: JSON: a number of more than 38 digits"),
        ("o.yaml", "a: " + "[" * 5_000 + "]" * 5_000, "o.yaml: nested too deep. Write it flatter"),
        ("o.yaml", "- a\n", "o.yaml: not an object. Write names with values"),
        ("o.yaml", "", "o.yaml: not an object. Write names with values"),
        ("o.yaml", "a: 1\n---\nb: 2\n", "o.yaml: not YAML at line 2, column 1. Check that line"),
        ("o.toml", "a = 1\na = 2\n", "o.toml: not TOML at line 2, column 6. Check that line"),
        ("o.toml", "a = nan\n", "o.toml: a: not a finite number"),
        ("o.toml", "a = " + "[" * 5_000, "o.toml: nested too deep. Write it flatter"),
        ("o.toml", "a = [", "o.toml: not TOML at end of document. Check that line"),
        ("o.json", '{"a": 1, "a": 2}', "o.json: a: the same name twice in one object. Send each name once"),
        ("o.json", b"\xff", "o.json: not UTF-8. Save the file as UTF-8"),
        ("o.txt", "{}", "o.txt: unknown kind of file. Use .yaml, .toml or .json"),
        ("o.json", " " * (DOCUMENT_BYTES_MAX + 1), "o.json: more than 1,000,000 bytes. Write one offer a file"),
    ],
)  # fmt: skip
def test_what_would_have_to_be_guessed_is_refused_with_the_place(tmp_path, name, content, message):
    with pytest.raises(DocumentError) as caught:
        read_document(_write(tmp_path, name, content))
    assert str(caught.value).startswith(message)
    assert str(tmp_path) not in str(caught.value)
    assert "k4n4ry" not in str(caught.value)


def test_a_file_that_is_not_there_is_named_without_its_folder(tmp_path):
    with pytest.raises(DocumentError, match=r"^none\.yaml: no such file"):
        read_document(str(tmp_path / "none.yaml"))
    with pytest.raises(DocumentError, match="a folder, not a file"):
        read_document(str(tmp_path))
    with pytest.raises(DocumentError, match="cannot be opened"):
        read_document("a\x00b.yaml")
