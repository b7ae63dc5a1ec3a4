"""Rows of a batch in each format: what they say, where they stand, and what is wrong with those that cannot be read."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tokenworth.errors import DataUnreadableError, InvalidInputError, TokenworthError
from tokenworth.offers.batch_rows import Row, arguments_of, count_rows, format_of, read_rows


def said(path, kind):
    """The arguments of each row, or the message of its refusal, by line."""
    found = {}
    for row in read_rows(path, kind):
        try:
            found[row.line] = arguments_of(row, json.loads)
        except TokenworthError as error:
            found[row.line] = str(error)
    return found


@pytest.fixture
def written(tmp_path):
    def write(text, name="offers.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


CSV = """label,base,bonus.target_share,bonus.guaranteed,sign_on.amount,sign_on.clawback_months,\
equity.0.kind,equity.0.value,equity.0.vesting.yearly.0,equity.0.vesting.yearly.1,equity.1.kind,equity.1.shares,\
tokens.per_year,tokens.taxed,start_year,person.state
2024,"$180,000",15%,TRUE,20k,24,rsu,1.5M,0.5,0.5,iso,40000.0,12k,no,2026,CA
,165000,,,,,,,,,,,,,,
"""


def test_a_csv_row_says_what_the_same_json_says(written):
    assert said(written(CSV), "csv") == {
        2: {
            "offer": {
                "label": "2024",
                "base": "$180,000",
                "bonus": {"target_share": "15%", "guaranteed": True},
                "sign_on": {"amount": "20k", "clawback_months": 24},
                "equity": [
                    {"kind": "rsu", "value": "1.5M", "vesting": {"yearly": ["0.5", "0.5"]}},
                    {"kind": "iso", "shares": 40000},
                ],
                "tokens": {"per_year": "12k", "taxed": "no"},
                "start_year": 2026,
            },
            "person": {"state": "CA"},
        },
        3: {"offer": {"base": "165000"}},
    }


def test_a_byte_order_mark_blank_rows_and_line_ends_in_a_cell_are_read_as_meant(written):
    path = written('\ufefflabel,base\r\n"two\nlines",100k\r\n\r\n,\r\nlast,1\r\n')
    assert {line: row["offer"]["label"] for line, row in said(path, "csv").items()} == {2: "two\nlines", 6: "last"}
    assert count_rows(path, "csv") == 2


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"Ann,1,2", "3 cells under 2 columns"),
        (b"Ann", "1 cells under 2 columns"),
        (b'Ann,"1"2', "not CSV from this line on"),
        (b"Ann\xff,1", "not UTF-8"),
    ],
)
def test_a_row_that_is_no_csv_is_refused_alone(written, line, message):
    found = said(written(b"label,base\nOne,1\n" + line + b"\nTwo,2\n"), "csv")
    assert found.pop(3).startswith(message)
    assert [row["offer"]["label"] for row in found.values()] == ["One", "Two"]


@pytest.mark.parametrize(
    ("header", "row", "message"),
    [
        ("bonus,bonus.target", "1,2", "bonus.target: said both as one value and in parts"),
        ("bonus.target,bonus", "1,2", "bonus: said both as one value and in parts"),
        ("equity.1.kind,base", "rsu,2", "equity: its numbers leave one out"),
    ],
)
def test_columns_that_contradict_each_other_are_refused_by_row(written, header, row, message):
    assert said(written(f"{header}\n{row}\n"), "csv")[2].startswith(message)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("base;label", "offers.csv: one column only. Separate columns by commas"),
        ("base,base", "offers.csv: column 2 has the name of another"),
        ("base,,label", "offers.csv: column 2 has no name"),
        ('"base"label', "offers.csv: line 1 is not CSV"),
    ],
)
def test_a_header_that_cannot_be_used_refuses_the_file(written, header, message):
    with pytest.raises(DataUnreadableError, match=message):
        list(read_rows(written(f"{header}\n1,2\n"), "csv"))


def test_a_cell_that_is_neither_a_whole_number_nor_true_or_false_is_left_for_its_field_to_refuse(written):
    found = said(written("base,sign_on.clawback_months,bonus.guaranteed\n1,two,perhaps\n1,1e400,\n1,2.5,\n"), "csv")
    assert found[2]["offer"] == {"base": "1", "sign_on": {"clawback_months": "two"}, "bonus": {"guaranteed": "perhaps"}}
    assert found[3]["offer"]["sign_on"] == {"clawback_months": "1e400"}
    assert found[4]["offer"]["sign_on"] == {"clawback_months": "2.5"}


def test_a_line_of_json_is_an_offer_or_an_offer_and_a_person(written):
    path = written(
        '{"base": 1}\n\n{"offer": {"base": 2}, "person": {"state": "CA"}}\n{"base": 3, "person": {}}\n[]\n'
        '{"offer": {"base": 4}, "seed": 3}\n{"offer": {"base": 5}, "overrides": {}}',
        "offers.jsonl",
    )
    assert said(path, "jsonl") == {
        1: {"offer": {"base": 1}},
        3: {"offer": {"base": 2}, "person": {"state": "CA"}},
        4: {"offer": {"base": 3}, "person": {}},
        5: 'row: not an object. Send an offer, such as {"base": 180000}',
        6: "seed: the same for all rows of a batch. Leave it out; --seed sets it",
        7: "overrides: the same for all rows of a batch. Leave it out; --set sets it",
    }
    assert count_rows(path, "jsonl") == 6


def test_a_line_that_is_too_long_is_refused_alone(written):
    path = written(b'{"label": "' + b"x" * 2_500_000 + b'"}\n{"base": 1}\n', "offers.jsonl")
    assert said(path, "jsonl") == {
        1: "a line of more than 1,000,000 bytes. Write one offer a line",
        2: {"offer": {"base": 1}},
    }


def test_parquet_has_columns_by_path(tmp_path):
    columns = {
        "base": [Decimal("180000.00"), Decimal(1), None],
        "sign_on.amount": [20_000.0, None, float("nan")],
        "sign_on.clawback_months": [24.0, None, None],
        "equity.0.kind": ["rsu", None, None],
        "fx": [1.5, 2.0, None],
    }
    pq.write_table(pa.table(columns), tmp_path / "flat.parquet")
    sign_on = {"amount": 20_000.0, "clawback_months": 24}
    assert said(tmp_path / "flat.parquet", "parquet") == {
        1: {"offer": {"base": "180000.00", "sign_on": sign_on, "equity": [{"kind": "rsu"}], "fx": 1.5}},
        2: {"offer": {"base": "1.00", "fx": 2.0}},
        3: {"offer": {}},
    }


def test_parquet_has_an_offer_as_a_struct(tmp_path):
    offers = [
        {"base": 1, "sign_on": {"amount": 2, "clawback_months": None}, "equity": [{"kind": "rsu", "value": 3}]},
        {"base": 4, "sign_on": None, "equity": None},
    ]
    pq.write_table(pa.table({"offer": offers, "person": [{"state": "CA"}, {"state": None}]}), tmp_path / "a.parquet")
    assert said(tmp_path / "a.parquet", "parquet") == {
        1: {
            "offer": {"base": 1, "sign_on": {"amount": 2}, "equity": [{"kind": "rsu", "value": 3}]},
            "person": {"state": "CA"},
        },
        2: {"offer": {"base": 4}},
    }
    assert count_rows(tmp_path / "a.parquet", "parquet") == 2


def test_a_cell_of_parquet_that_no_field_takes_is_refused_by_row(tmp_path):
    pq.write_table(pa.table({"base": [1], "start_year": [date(2026, 1, 1)]}), tmp_path / "a.parquet")
    assert said(tmp_path / "a.parquet", "parquet")[1].startswith("start_year: a kind of value that no field takes")


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_a_file_that_is_not_there_is_named_without_its_folder(tmp_path, kind):
    with pytest.raises(DataUnreadableError, match=r"^none: no such file"):
        list(read_rows(tmp_path / "none", kind))


def test_what_is_no_parquet_refuses_the_file(written):
    with pytest.raises(DataUnreadableError, match=r"^a\.parquet: not Parquet"):
        list(read_rows(written("base\n1\n", "a.parquet"), "parquet"))


def test_the_suffix_says_the_format(tmp_path):
    names = ("a.csv", "a.JSONL", "a.ndjson", "a.parquet")
    assert [format_of(tmp_path / name) for name in names] == ["csv", "jsonl", "jsonl", "parquet"]
    with pytest.raises(InvalidInputError, match=r"a\.xlsx: unknown kind of file. Use one of \.csv"):
        format_of(tmp_path / "a.xlsx")


def test_a_row_with_a_problem_has_no_arguments():
    with pytest.raises(DataUnreadableError, match="not CSV"):
        arguments_of(Row(3, b"", "not CSV"), json.loads)
