"""A test that lacks its service is counted where that is allowed, and fails where it is not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SERVICES = ("postgres", "node", "chromium", "haproxy")
MARKED = '''"""Two tests, each in need of something."""
import pytest

@pytest.mark.{service}
def test_with_the_service(): pass

@pytest.mark.{service}
def test_with_the_service_again(): pass
'''


@pytest.fixture(params=SERVICES)
def run_without_services(request, tmp_path):
    shutil.copy(Path(__file__).with_name("conftest.py"), tmp_path)
    markers = "\n".join(f"  {service}: a service" for service in SERVICES)
    (tmp_path / "pytest.ini").write_text(f"[pytest]\nmarkers =\n{markers}\n")
    (tmp_path / "test_marked.py").write_text(MARKED.format(service=request.param))

    def run(**variables: str) -> subprocess.CompletedProcess[str]:
        rest = {name: value for name, value in os.environ.items() if name != "TOKENWORTH_REQUIRE_SERVICES"}
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
            cwd=tmp_path,
            env={**rest, "PATH": str(tmp_path), **variables},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_a_missing_service_leaves_its_tests_out_and_says_how_many(run_without_services):
    found = run_without_services()
    assert found.returncode == 0, found.stdout
    assert "Tests left out for want of a service: " in found.stdout
    assert " (2)." in found.stdout


def test_a_missing_service_fails_its_tests_where_all_must_be_there(run_without_services):
    found = run_without_services(TOKENWORTH_REQUIRE_SERVICES="1")
    assert found.returncode == 1, found.stdout
    assert "2 failed" in found.stdout or "2 errors" in found.stdout
    assert "Tests left out for want of a service: nothing." in found.stdout
