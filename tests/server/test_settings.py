"""Settings: who wins, and what is refused."""

from __future__ import annotations

import pytest

from tokenworth.errors import DataUnreadableError, InvalidInputError
from tokenworth_mcp.settings import Settings, load_settings


def test_nothing_said_is_a_local_quiet_server_of_every_tool():
    found = load_settings(environment={})
    assert (found.host, found.port, found.log_level, found.toolsets) == ("127.0.0.1", 8000, "warning", None)


def test_the_command_line_wins_over_variables_over_the_file(tmp_path):
    file = tmp_path / "settings.toml"
    file.write_text('port = 1\nhost = "::1"\nread_only = true\ntoolsets = ["offers", "prices"]\n')
    variables = {"TOKENWORTH_CONFIG": str(file), "TOKENWORTH_PORT": "2", "TOKENWORTH_TOOLSETS": " offers , budget "}
    found = load_settings(chosen={"port": 3}, environment=variables)
    assert (found.port, found.host, found.read_only, found.toolsets) == (3, "::1", True, ["offers", "budget"])


def test_a_file_named_on_the_command_line_wins_over_the_variable(tmp_path):
    file = tmp_path / "settings.toml"
    file.write_text("port = 1\n")
    variables = {"TOKENWORTH_CONFIG": str(tmp_path / "missing.toml")}
    assert load_settings(file, environment=variables).port == 1


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"TOKENWORTH_READONLY": "1"}, "TOKENWORTH_READONLY: no such setting. Did you mean TOKENWORTH_READ_ONLY?"),
        ({"TOKENWORTH_PORT": "many"}, "settings: port: not a whole number. Send for example 8000"),
        ({"TOKENWORTH_PORT": "65536"}, "settings: port: must be at most 65535"),
        ({"TOKENWORTH_READ_ONLY": "perhaps"}, "settings: read_only: not true or false"),
        ({"TOKENWORTH_LOG_LEVEL": "loud"}, 'settings: log_level: is not one of the choices. Send "debug" or "info"'),
        ({"TOKENWORTH_TOOLSETS": "offers,price"}, "settings: toolsets[1]: is not one of the choices"),
    ],
)
def test_a_variable_that_is_misspelt_or_cannot_be_is_refused(variables, message):
    with pytest.raises(InvalidInputError) as caught:
        load_settings(environment=variables)
    assert message in str(caught.value)


def test_a_variable_of_somebody_else_s_is_left_alone():
    assert load_settings(environment={"TOKENWORTH_REQUIRE_SERVICES": "1", "PORT": "x"}) == Settings()


def test_an_unknown_setting_in_the_file_is_refused_with_the_nearest_name(tmp_path):
    file = tmp_path / "settings.toml"
    file.write_text("prot = 1\n")
    with pytest.raises(InvalidInputError, match=r'settings: prot: unknown field\. Did you mean "port"'):
        load_settings(file, environment={})


@pytest.mark.parametrize("content", [None, b"port = ", b"\xff"])
def test_a_file_that_cannot_be_read_is_refused_without_its_path(tmp_path, content):
    file = tmp_path / "settings.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(DataUnreadableError) as caught:
        load_settings(file, environment={})
    assert "settings file cannot be read as TOML" in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


def test_an_empty_variable_chooses_nothing():
    variables = {"TOKENWORTH_LEDGER": "", "TOKENWORTH_PORT": "", "TOKENWORTH_READ_ONLY": ""}
    assert load_settings(environment=variables) == Settings()
