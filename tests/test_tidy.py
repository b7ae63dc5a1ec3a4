"""The house rules that no linter knows, checked on every Python file and on every text in the tree."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = ("tools", "server", "tests")
FILES = [path for folder in SOURCES for path in sorted((ROOT / folder).rglob("*.py"))]
DOMAIN = [path for path in FILES if path.is_relative_to(ROOT / "tools") and path.name != "__init__.py"]
TEXTS = [
    path
    for pattern in (
        "*.md",
        "*.toml",
        "Makefile",
        ".ci/*",
        ".github/**/*",
        "docs/**/*.md",
        "fixtures/**/*",
        "server/**/*",
    )
    for path in sorted(ROOT.glob(pattern))
    # What npm brings and makes is nobody's writing here.
    if not {"node_modules", "built"}.intersection(path.parts)
    and path.is_file()
    and path.suffix not in (".py", ".pyc", ".gz", ".png", ".woff2")
]

FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 69
NO_NAME_FOR_ANYTHING = re.compile(r"(^|_)(utils?|helpers?|managers?|commons?|misc)(_|$)|(Util|Helper|Manager)s?$")
UNFINISHED_WORDS = ("TO" + "DO", "FIX" + "ME", "X" * 3, "HA" + "CK")
UNFINISHED = re.compile(
    rf"\b(?:{'|'.join(UNFINISHED_WORDS)})\b" + r"|pragma: no " + "cover|type: " + r"ignore(?!\[[\w-]+\]  # )"
)
# Where this project's machines keep things. Tests may invent homes, to see that they do not leak.
MACHINE_PATH = re.compile(r"(?<![\w./-])(/root/|/work/|/tmp/\w)" + r"|\.libr" + "ary/")
SOMEBODY_S_HOME = re.compile(r"(?<![\w./-])/(home|Users)/\w")


def _names(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


each_file = pytest.mark.parametrize("path", FILES, ids=_names(FILES))


@each_file
def test_a_python_file_keeps_to_the_rules(path):
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    problems: list[str] = []
    if text.count("\n") > FILE_LINES_MAX:
        problems.append(f"{text.count(chr(10))} lines: two subjects")
    if ast.get_docstring(tree) is None or not text.startswith('"""'):
        problems.append("the first line does not say what the file is for")
    if NO_NAME_FOR_ANYTHING.search(path.stem):
        problems.append(f"{path.stem}: a name for anything")
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            lines = node.end_lineno - node.lineno + 1
            if lines > FUNCTION_LINES_MAX and not isinstance(node, ast.ClassDef):
                problems.append(f"{node.name}: {lines} lines")
            if NO_NAME_FOR_ANYTHING.search(node.name):
                problems.append(f"{node.name}: a name for anything")
    problems += [f"line {text.count(chr(10), 0, found.start()) + 1}: {found[0]}" for found in UNFINISHED.finditer(text)]
    assert problems == []


@pytest.mark.parametrize("path", DOMAIN, ids=_names(DOMAIN))
def test_a_domain_module_exports_what_is_public_and_prints_nothing(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_print(node)]
    if path.stem.startswith("_"):
        return
    exported = _exported(tree)
    assert exported == sorted(exported, key=_kind_then_name), "__all__ is out of order"
    defined = {name for node in tree.body for name in _defined(node)}
    assert [name for name in exported if name not in defined] == [], "__all__ names what is not there"
    public = {
        node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }
    assert sorted(name for name in public if not name.startswith("_") and name not in exported) == []


EVERYTHING_ELSE = [path for path in TEXTS + FILES if path != Path(__file__)]


@pytest.mark.parametrize("path", EVERYTHING_ELSE, ids=_names(EVERYTHING_ELSE))
def test_a_file_names_no_place_of_anybody_s_machine(path):
    text = path.read_text(encoding="utf-8")
    assert MACHINE_PATH.findall(text) == []
    assert path.is_relative_to(ROOT / "tests") or SOMEBODY_S_HOME.findall(text) == []


def _is_print(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id in ("print", "breakpoint", "input")


def _exported(tree: ast.Module) -> list[str]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return ast.literal_eval(node.value)
    pytest.fail("no __all__")


def _defined(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return [node.target.id]
    if isinstance(node, ast.ImportFrom | ast.Import):
        return [alias.asname or alias.name for alias in node.names]
    return [node.name] if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) else []


def _kind_then_name(name: str) -> tuple[int, str]:
    """As ruff sorts: constants, then classes, then the rest."""
    return (0 if name.isupper() else 1 if name[:1].isupper() else 2, name)
