"""JSON that is refused rather than bent, with what is said about it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenworth_mcp.strict_json import MESSAGE_BYTES_MAX, JsonRefusedError, check_plain, field_path, read_json


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "JSON: not JSON at line 1, column 1"),
        ('{"a": 1,\n "b" 2}', "JSON: not JSON at line 2, column 6"),
        (b"\xff{}", "JSON: not UTF-8"),
        ('{"a": 1, "a": 2}', "a: the same name twice in one object"),
        ('{"x": {"b": 1, "b": 1}}', "b: the same name twice in one object"),
        ("[NaN]", "JSON: NaN and Infinity are not JSON"),
        ("-Infinity", "JSON: NaN and Infinity are not JSON"),
        ("1e999", "JSON: a number too large to represent"),
        ("9" * 5_000, "JSON: a number of more than 38 digits"),
        ('{"a": [0, ' + "9" * 39 + "]}", "a[1]: a number of more than 38 digits"),
        ('{"a": ["\\ud800"]}', "a[0]: text with half a surrogate pair"),
        ('{"a": {"\\udfff": 1}}', "a: text with half a surrogate pair"),
        ("[" * 34 + "]" * 34, "[0][0][0]: nested more than 32 levels deep"),
        ("[" * 100_000, "JSON: nested more than 32 levels deep"),
        ("[" + "0," * 20_000 + "0]", "JSON: more than 20,000 parts"),
        ('"' + "x" * MESSAGE_BYTES_MAX + '"', "JSON: more than 4,194,304 bytes"),
    ],
    ids=lambda value: None if len(value) > 60 else value if isinstance(value, str) else "bytes",
)
def test_what_a_parser_would_bend_is_refused_with_the_place_and_the_reason(text, message):
    with pytest.raises(JsonRefusedError) as caught:
        read_json(text)
    assert str(caught.value).startswith(message)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**37), 10**37)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)


@given(VALUES)
def test_all_else_is_read_as_the_standard_library_reads_it(value):
    text = json.dumps(value)
    assert read_json(text) == json.loads(text) == read_json(b"\xef\xbb\xbf" + text.encode())


def test_values_that_json_text_could_not_hold_are_refused_too():
    for value in ([float("nan")], {"a": float("inf")}, 10**38, -(10**38)):
        with pytest.raises(JsonRefusedError):
            check_plain(value)


def test_a_path_reads_as_people_write_it():
    assert field_path(("offer", "tokens", 0, "per_year")) == "offer.tokens[0].per_year"
    assert field_path((0, "a")) == "[0].a"
    assert field_path(("a", "\u202e")) == "a.(unreadable name)"
    assert field_path(()) == ""
