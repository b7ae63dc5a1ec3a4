"""Log lines say where something went wrong and of what kind it was, and never what an exception's text quotes."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

PROGRAM = """
import logging, sys
from tokenworth_mcp.logs import configure_logging
configure_logging("info", sys.argv[1])
try:
    try:
        open("/nowhere/of-sam")
    except OSError as error:
        raise ConnectionError("cannot reach postgresql://sam:hunter2@db") from error
except ConnectionError:
    logging.getLogger("pool").exception("no connection")
"""


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_of_an_exception_the_kind_and_the_place_are_logged_and_not_its_text(log_format):
    command = [sys.executable, "-c", PROGRAM, log_format]
    logged = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    assert "no connection" in logged
    assert "ConnectionError" in logged
    assert 'File "<string>"' in logged or json.loads(logged)["at"]
    assert "hunter2" not in logged
    assert "of-sam" not in logged


def test_json_lines_are_one_object_each():
    logged = subprocess.run([sys.executable, "-c", PROGRAM, "json"], capture_output=True, text=True, check=True).stderr
    (line,) = logged.splitlines()
    assert {"time", "level", "logger", "message", "exception", "at"} == json.loads(line).keys()
