"""What must be refused, told or survived at the edges of the price list."""

from __future__ import annotations

import importlib.metadata
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from importlib.resources import files

import pytest

from tokenworth import prices as package
from tokenworth.errors import DataUnreadableError, InvalidInputError
from tokenworth.prices.building import build_snapshot, recorded_in
from tokenworth.prices.estimate_cost import estimate_cost
from tokenworth.prices.models import EstimateCostRequest
from tokenworth.prices.price_paths import PricedPaths
from tokenworth.prices.sheets import read_sheet
from tokenworth.prices.snapshot import read_snapshot

USAGE = {"prompt_tokens": 1000, "completion_tokens": 10}


def test_a_time_without_a_zone_is_refused_below_the_tools(prices):
    with pytest.raises(InvalidInputError, match="without a zone"):
        prices.cost("openai", "gpt-4o", USAGE, datetime(2026, 11, 24))  # noqa: DTZ001 - the point of the test


def test_a_condition_that_no_price_depends_on_is_refused(prices):
    with pytest.raises(InvalidInputError, match="no price depends on it"):
        prices.cost("openai", "gpt-4o", USAGE, datetime(2026, 11, 24, tzinfo=UTC), {"mood": "good"})


@pytest.mark.parametrize("line", ["i2 o", "zz5", "i2|batch", "i2|>x:i3", "i2|*a:b"])
def test_a_damaged_rate_line_is_refused(line):
    with pytest.raises(DataUnreadableError, match="cannot be read"):
        read_sheet(line)


def test_the_package_says_which_name_it_does_not_have():
    assert package.PriceList is type(package.shipped_prices())
    with pytest.raises(AttributeError, match="no attribute 'free_lunch'"):
        package.free_lunch  # noqa: B018 - asking is the test


async def test_old_prices_say_how_old_they_are(context):
    late = replace(context, clock=lambda: datetime(2027, 3, 1, 2, tzinfo=UTC))
    asked = EstimateCostRequest.model_validate({"provider": "deepseek", "model": "deepseek-flash", "usage": USAGE})
    answer = await estimate_cost(asked, late)
    assert answer.snapshot.age_days == 100
    assert any("100 days old" in warning for warning in answer.warnings)
    assert any("public holidays of that year are not on file" in warning for warning in answer.warnings)


async def test_a_context_can_carry_another_price_list(context, prices, recorded):
    content = prices.snapshot
    small = package.PriceList(replace(content, models={"openai": content.models["openai"]}))
    asked = EstimateCostRequest.model_validate({"provider": "anthropic", "model": "claude-opus-5-5", "usage": USAGE})
    assert (await estimate_cost(asked, context)).usd is not None
    assert (await estimate_cost(asked, replace(context, prices=PricedPaths(small)))).usd is None


def test_a_folder_may_hold_wheels(tmp_path):
    version = importlib.metadata.version("genai-prices")
    name = f"genai_prices-{version}-py3-none-any.whl"
    with zipfile.ZipFile(tmp_path / name, "w") as wheel:
        wheel.writestr("genai_prices/data.py", files("genai_prices").joinpath("data.py").read_text())
        wheel.writestr(f"genai_prices-{version}.dist-info/METADATA", f"Name: genai-prices\nVersion: {version}\n")
    (tmp_path / "inputs.toml").write_text(f'[[input]]\nfile = "{name}"\nretrieved_at = 2026-11-10T21:51:42Z\n')
    snapshot = read_snapshot(build_snapshot(recorded_in(tmp_path)))
    assert [(one.name, one.version) for one in snapshot.sources] == [("genai_prices", version)]
    assert "claude-opus-5-5" in snapshot.models["anthropic"]


def test_data_that_is_no_data_is_refused(tmp_path):
    name = "genai_prices-0-py3-none-any.whl"
    with zipfile.ZipFile(tmp_path / name, "w") as wheel:
        wheel.writestr("genai_prices/data.py", "providers: list[int] = [open('/etc/passwd').read()]\n")
        wheel.writestr("genai_prices-0.dist-info/METADATA", "Version: 0\n")
    (tmp_path / "inputs.toml").write_text(f'[[input]]\nfile = "{name}"\nretrieved_at = 2026-11-10T21:51:42Z\n')
    with pytest.raises(DataUnreadableError):
        build_snapshot(recorded_in(tmp_path))


@pytest.mark.parametrize(
    ("context_", "expected"),
    [
        ({"deployment": "data_zone"}, "0.00022"),
        ({"deployment": "data_zone_eu"}, "0.00022"),
        ({"deployment": "Global Standard"}, "0.0002"),
        ({"deployment": "moonbase"}, None),
        ({"processing": "overnight"}, None),
        ({"service_tier": "default"}, "0.0002"),
        ({"service_tier": "flex"}, "0.0001"),
    ],
)
def test_azure_deployments_are_told_apart(usd, context_, expected):
    assert usd("azure", "gpt-5.6-luna", {"prompt_tokens": 1000, "completion_tokens": 0}, **context_) == expected


def test_regions_of_bedrock_are_used_where_a_source_lists_them(prices):
    listed = prices.understood("bedrock", "deepseek.v3.2", {"region": "eu-north-1"})
    assert listed.priced.key == "eu-north-1/deepseek.v3.2"
    unlisted = prices.understood("bedrock", "us.anthropic.claude-opus-5-5", {"region": "us-east-1"})
    assert unlisted.remarks == ("no source tells this model's regions apart",)
