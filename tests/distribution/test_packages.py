"""What people install: snippets, registry entry, bundle, image and compose file say what is so, and start."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from mcp import Client, StdioServerParameters, stdio_client

from tokenworth import __version__
from tokenworth_mcp.catalogue import TOOLS
from tokenworth_mcp.settings import PREFIX, load_settings

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).with_name("uv")
README = (ROOT / "README.md").read_text()
MANIFEST = json.loads((ROOT / "deploy" / "mcpb" / "manifest.json").read_text())
REGISTRY = json.loads((ROOT / "server.json").read_text())
COMPOSE = yaml.safe_load((ROOT / "deploy" / "docker-compose.yml").read_text())
# Asked before the tests' own home is set: what was downloaded once is used again.
CACHE = subprocess.run([UV, "cache", "dir"], check=True, capture_output=True, text=True).stdout.strip()


def environment(**more):
    rest = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    return {**rest, "UV_CACHE_DIR": CACHE, "PATH": f"{UV.parent}{os.pathsep}{os.environ['PATH']}", **more}


def run(*command, **options):
    done = subprocess.run([str(each) for each in command], capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


async def tools_of(command, arguments, variables):
    server = StdioServerParameters(command=command, args=arguments, env=variables)
    async with Client(stdio_client(server)) as client:
        return [tool.name for tool in (await client.list_tools()).tools]


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheels")
    run(UV, "build", "--quiet", "--wheel", "--out-dir", folder, cwd=ROOT, env=environment())
    return folder


def test_what_is_generated_is_up_to_date():
    run(sys.executable, ROOT / ".ci" / "generate.py", "--check")


def launches_in_the_readme():
    """The command of every snippet, each read the way its client reads it."""
    part = README.partition("<!-- generated: clients -->")[2].partition("<!-- /generated -->")[0]
    for language, text in re.findall(r"```(\w+)\n(.*?)```", part, re.DOTALL):
        if language == "bash":
            yield shlex.split(text)[shlex.split(text).index("--") + 1 :]
            continue
        data = json.loads(text) if language == "json" else tomllib.loads(text)
        (servers,) = data.values()
        entry = servers["tokenworth"]
        yield [entry["command"], *entry["args"]]


def test_every_snippet_and_the_registry_entry_start_the_same_command():
    launches = list(launches_in_the_readme())
    (package,) = REGISTRY["packages"]
    started = [package["runtimeHint"], package["identifier"], *(each["value"] for each in package["packageArguments"])]
    assert len(launches) == 4
    assert [*launches, started] == [["uvx", "tokenworth", "serve"]] * 5


@pytest.mark.slow
async def test_the_command_of_the_snippets_starts_the_server_from_the_wheel(wheels, tmp_path):
    command, *arguments = next(launches_in_the_readme())
    assert (command, arguments[0]) == ("uvx", "tokenworth")
    (wheel,) = wheels.glob("*.whl")
    variables = environment(UV_TOOL_DIR=str(tmp_path))
    names = await tools_of(str(UV.with_name("uvx")), ["--from", str(wheel), *arguments], variables)
    assert names == [tool.name for tool in TOOLS]


def test_the_registry_entry_keeps_to_the_registry_s_limits_and_the_readme_proves_whose_it_is():
    assert REGISTRY["$schema"].endswith("/2025-12-11/server.schema.json")
    assert f"<!-- mcp-name: {REGISTRY['name']} -->" in README
    assert re.fullmatch(r"[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+", REGISTRY["name"])
    assert 1 <= len(REGISTRY["description"]) <= 100
    assert REGISTRY["version"] == REGISTRY["packages"][0]["version"] == __version__


def test_what_may_hold_a_password_is_secret_in_the_registry_and_in_the_bundle():
    secret = [each["name"] for each in REGISTRY["packages"][0]["environmentVariables"] if each["isSecret"]]
    sensitive = [name for name, one in MANIFEST["user_config"].items() if one["sensitive"]]
    assert (secret, sensitive) == (["TOKENWORTH_LEDGER"], ["ledger"])


@pytest.mark.slow
async def test_the_bundle_is_the_same_every_time_and_starts_with_what_a_client_fills_in(tmp_path):
    first, second = (run(sys.executable, ROOT / ".ci" / "bundle.py", tmp_path / each).strip() for each in "ab")
    assert Path(first).read_bytes() == Path(second).read_bytes()
    with zipfile.ZipFile(first) as packed:
        assert not any(name.startswith("/") or ".." in name for name in packed.namelist())
        packed.extractall(tmp_path / "installed")
    installed = tmp_path / "installed"
    manifest = json.loads((installed / "manifest.json").read_text())
    config = manifest["server"]["mcp_config"]
    chosen = {f"${{user_config.{name}}}": one["default"] for name, one in manifest["user_config"].items()}
    filled = {name: str(chosen[value]).lower() for name, value in config["env"].items()}
    arguments = [each.replace("${__dirname}", str(installed)) for each in config["args"]]
    assert (installed / manifest["server"]["entry_point"]).is_file()
    assert await tools_of(str(UV), arguments, environment(**filled)) == [tool.name for tool in TOOLS]


@pytest.mark.node
@pytest.mark.slow
def test_the_bundle_s_manifest_passes_its_makers_own_check(tmp_path):
    npm = shutil.which("npm")
    run(npm, "install", "--silent", "--no-audit", "--no-fund", "@anthropic-ai/mcpb@2.1.2", cwd=tmp_path)
    tool = tmp_path / "node_modules" / "@anthropic-ai" / "mcpb" / "dist" / "cli" / "cli.js"
    assert "passes" in run("node", tool, "validate", ROOT / "deploy" / "mcpb" / "manifest.json")


DOCKERFILE = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text())
STEPS = [line.split(" ", 1) for line in DOCKERFILE.splitlines() if line and not line.startswith("#")]


def test_the_image_runs_as_nobody_in_particular_and_says_when_it_is_ill():
    last = [what for what, _ in STEPS]
    last = STEPS[len(last) - 1 - last[::-1].index("FROM") :]
    said = dict(last)
    assert said["USER"] == "10001"
    assert [what for what, _ in last].index("USER") > [what for what, _ in last].index("COPY")
    assert "/healthz" in said["HEALTHCHECK"]
    assert all(":latest" not in image and ":" in image for what, image in STEPS if what == "FROM")
    assert "ADD" not in said
    assert f"uv=={re.search(r'UV_VERSION := (.*)', (ROOT / 'Makefile').read_text())[1]}" in DOCKERFILE


@pytest.mark.slow
async def test_what_the_image_copies_is_enough_to_install_and_to_start(tmp_path):
    source, environment_folder = tmp_path / "src", tmp_path / "opt"
    source.mkdir()
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    for what, rest in STEPS:
        if what == "COPY" and not rest.startswith("--from"):
            for name in rest.split()[:-1]:
                assert f"!{name}" in ignored
                copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
                copy(ROOT / name, source / name)
    (sync,) = [rest for what, rest in STEPS if what == "RUN" and rest.startswith("uv sync")]
    variables = environment(UV_PROJECT_ENVIRONMENT=str(environment_folder), UV_LINK_MODE="copy")
    run(*shlex.split(sync), cwd=source, env=variables)
    shutil.rmtree(source)
    run(environment_folder / "bin" / "python", "-c", "import asyncpg", env=variables)
    started = await tools_of(str(environment_folder / "bin" / "tokenworth"), ["serve"], environment())
    assert started == [tool.name for tool in TOOLS]


def test_the_compose_file_says_only_what_the_server_knows_and_locks_its_replicas_down(tmp_path):
    replica = COMPOSE["services"]["replica"]
    filled = {
        name: re.sub(r"\$\{\w+:[-?]([^}]*)\}", "x" * 32, str(value)) for name, value in replica["environment"].items()
    }
    assert all(name.startswith(PREFIX) for name in filled)
    settings = load_settings(environment=filled)
    assert settings.authenticates
    assert settings.drain_seconds > 0.25 * 2
    assert replica["deploy"]["replicas"] == 3
    assert (replica["read_only"], replica["cap_drop"]) == (True, ["ALL"])
    assert COMPOSE["services"]["balancer"]["ports"] == ["127.0.0.1:8080:8080"]


def test_replicas_see_a_token_s_file_replaced_and_the_image_lets_its_user_write_it():
    # What is mounted is the folder: a bind to a file stays with the file that a new one was put in the place of.
    services = COMPOSE["services"]
    file = Path(services["replica"]["environment"]["TOKENWORTH_TOKENS_FILE"])
    assert services["tokens"]["environment"]["TOKENWORTH_TOKENS_FILE"] == str(file)
    assert services["replica"]["volumes"] == [f"tokens:{file.parent}:ro"]
    assert services["tokens"]["volumes"] == [f"tokens:{file.parent}"]
    assert re.search(rf"install -d -o 10001 -g 10001 .*{file.parent}\b", DOCKERFILE)
    # A name beside `build` would be looked for in a registry first.
    assert all("image" not in service for service in services.values() if "build" in service)


def test_the_database_counts_as_healthy_only_by_tcp_which_it_does_not_listen_on_while_it_is_being_filled():
    assert "-h 127.0.0.1" in COMPOSE["services"]["ledger"]["healthcheck"]["test"][1]


@pytest.mark.haproxy
def test_haproxy_accepts_the_balancer_s_settings():
    folder = ROOT / "deploy" / "haproxy"
    files = ["-f", folder / "balancer.cfg", "-f", folder / "servers.cfg"]
    run("haproxy", "-c", *files, env={**os.environ, "BALANCER_BIND": "127.0.0.1:8080"})


@pytest.mark.parametrize("path", sorted((ROOT / ".github" / "workflows").glob("*.yml")), ids=lambda path: path.name)
def test_a_workflow_pins_its_actions_and_asks_for_little(path):
    workflow = yaml.safe_load(path.read_text())
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 30
        assert all("@" in step["uses"] and "@main" not in step["uses"] for step in job["steps"] if "uses" in step)
    assert "secrets." not in path.read_text()
