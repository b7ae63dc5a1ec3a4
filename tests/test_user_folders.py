"""Our folders are where platformdirs has them, worked out by ourselves or not."""

from __future__ import annotations

import platformdirs
import pytest

from tokenworth.user_folders import cache_folder, data_folder


@pytest.mark.parametrize("named", [None, "", "/elsewhere/of/mine", "not/absolute"])
def test_the_folders_are_those_of_platformdirs(monkeypatch, tmp_path, named):
    monkeypatch.setenv("HOME", str(tmp_path))
    for variable in ("XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(variable, raising=False)
        if named is not None:
            monkeypatch.setenv(variable, named)
    assert data_folder() == platformdirs.user_data_path("tokenworth", appauthor=False)
    assert cache_folder() == platformdirs.user_cache_path("tokenworth", appauthor=False)
