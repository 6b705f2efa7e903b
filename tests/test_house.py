"""The rules of the house, kept by the machine: who imports what, how long things are, what the tools say."""

from __future__ import annotations

import ast
import re
import shlex
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from forecasting.__main__ import app
from tests.support import ROOT

LONGEST_FUNCTION = 80
LONGEST_PAGE = 80
MEDIAN_FUNCTION = 15
CODE = ("forecasting", "pages", "tests", "benchmarks", "docs", "data")
SUMS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Mod, ast.Pow, ast.FloorDiv, ast.MatMult)
SUMMING = frozenset(
    {"sum", "mean", "median", "groupby", "cumsum", "agg", "aggregate", "pivot_table", "cumprod", "diff"}
)


def python_files(*folders: str) -> list[Path]:
    top = [ROOT / "app.py", ROOT / "run.py"] if set(folders) == set(CODE) else []
    files = [file for folder in folders for file in sorted((ROOT / folder).rglob("*.py"))]
    return [file for file in (*top, *files) if file.exists()]


def tree_of(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def functions(file: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree_of(file)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.end_lineno:
            yield f"{file.relative_to(ROOT)}:{node.lineno} {node.name}", node.end_lineno - node.lineno + 1


def imports(tree: ast.AST) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def arithmetic(tree: ast.AST) -> list[str]:
    """Return the calculations in a page: arithmetic operators, and calls that add things up."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, (ast.BinOp, ast.AugAssign)) and isinstance(node.op, SUMS):
            found.append((node.lineno, type(node.op).__name__))
        called = node.func if isinstance(node, ast.Call) else None
        name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
        if name in SUMMING and called is not None:
            found.append((called.lineno, name))
    return [f"line {line}: {what}" for line, what in sorted(found)]


def test_the_engine_knows_nothing_of_streamlit() -> None:
    offenders = [
        f for f in python_files("forecasting") if any(i.split(".")[0] == "streamlit" for i in imports(tree_of(f)))
    ]
    assert offenders == []


def test_the_model_looks_neither_at_analysis_nor_at_outputs() -> None:
    barred = ("forecasting.outputs", "forecasting.analysis", "forecasting.export", "forecasting.__main__")
    for folder in ("forecasting/model", "forecasting/inputs", "forecasting/scenario"):
        for file in python_files(folder):
            assert not [name for name in imports(tree_of(file)) if name.startswith(barred)], file


def engine_imports() -> dict[str, set[str]]:
    """Return what each module of the engine imports of the engine, imports for types alone included."""
    files = {".".join(f.relative_to(ROOT).with_suffix("").parts): f for f in python_files("forecasting")}
    modules = {name.removesuffix(".__init__"): file for name, file in files.items()}
    found: dict[str, set[str]] = {}
    for module, file in modules.items():
        named = {name if name in modules else name.rpartition(".")[0] for name in imports(tree_of(file))}
        found[module] = {name for name in named if name in modules} - {module}
    return found


def circles(graph: dict[str, set[str]]) -> set[str]:
    """Return what is left when whatever imports nothing that is left has been taken away, again and again."""
    left = dict(graph)
    while free := [name for name, needs in left.items() if not needs & left.keys()]:
        for name in free:
            del left[name]
    return set(left)


def test_no_module_imports_itself_through_others() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}) == {"a", "b", "c"}
    graph = engine_imports()
    assert "forecasting.errors" in graph["forecasting.model.run"]
    assert circles(graph) == set()


def test_private_names_stay_in_their_module() -> None:
    for file in python_files("forecasting", "pages"):
        assert [name for name in imports(tree_of(file)) if name.rpartition(".")[2].startswith("_")] == [], file


def test_each_decision_has_its_own_number() -> None:
    numbers = [note.name[:4] for note in (ROOT / "docs" / "decisions").glob("*.md")]
    assert len(numbers) > 20
    assert [number for number in set(numbers) if numbers.count(number) > 1] == []


def test_imports_are_seen() -> None:
    tree = ast.parse(
        "import streamlit as st\nfrom forecasting.outputs import workbook\nfrom forecasting import outputs"
    )
    assert imports(tree) == {"streamlit", "forecasting.outputs.workbook", "forecasting.outputs"}


def test_pages_are_short() -> None:
    pages = (ROOT / "pages").glob("*.py")
    assert [p.name for p in pages if len(p.read_text(encoding="utf-8").splitlines()) > LONGEST_PAGE] == []


def test_pages_do_not_calculate() -> None:
    found = {str(page.relative_to(ROOT)): arithmetic(tree_of(page)) for page in python_files("pages")}
    assert {page: lines for page, lines in found.items() if lines} == {}


def test_calculating_is_seen() -> None:
    text = "a = b + 1\nc = d.sum()\ne -= 1\nf = sum(g)\nh = -1\ni = 'x' % y\nj: int | None = None"
    assert arithmetic(ast.parse(text)) == ["line 1: Add", "line 2: sum", "line 3: Sub", "line 4: sum", "line 6: Mod"]


def test_no_function_is_long() -> None:
    lengths = dict(found for file in python_files(*CODE) for found in functions(file))
    assert len(lengths) > 100
    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}


def test_most_functions_of_the_engine_are_short() -> None:
    lengths = [length for file in python_files("forecasting") for _, length in functions(file)]
    assert statistics.median(lengths) <= MEDIAN_FUNCTION


@pytest.mark.parametrize("arguments", ["ruff check .", "ruff format --check .", "mypy"])
def test_the_tools_have_nothing_to_say(arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *arguments.split()], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def commands_of_readme() -> list[list[str]]:
    """Return the commands in the fenced blocks and code spans of the README that start with python."""
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8") if readme.exists() else ""
    blocks = re.findall(r"```[a-z]*\n(.*?)```", text, flags=re.DOTALL)
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    lines = [line for block in blocks for line in block.splitlines()] + spans
    found = [shlex.split(line, comments=True) for line in lines if re.match(r"^\s*(\$ )?python3? ", line)]
    return [words[1:] if words[0] == "$" else words for words in found]


def test_the_commands_of_the_readme_exist() -> None:
    commands = commands_of_readme()
    if not commands:
        pytest.skip("there is no README yet")
    for words in commands:
        if words[1] == "run.py":
            assert words[2] in ("app", "test"), words
        elif words[1:3] == ["-m", "forecasting"]:
            result = CliRunner().invoke(
                app, [*words[3:5], "--help"] if words[3] == "scenarios" else [words[3], "--help"]
            )
            assert result.exit_code == 0, words
        else:
            assert (ROOT / words[1]).exists(), words


def test_the_list_of_levers_in_the_docs_is_generated() -> None:
    page = ROOT / "docs" / "assumptions.md"
    if not page.exists():
        pytest.skip("the docs have no list of levers yet")
    from forecasting.scenario.catalogue import LEVERS

    text = page.read_text(encoding="utf-8")
    missing = [lever.name for lever in LEVERS if f"`{lever.name}`" not in text or lever.help not in text]
    assert missing == []


def test_the_requirements_are_pinned_and_the_tests_cover_the_app() -> None:
    app_lines, test_lines = (
        set((ROOT / name).read_text(encoding="utf-8").split("\n")) - {""}
        for name in ("requirements.txt", "requirements-test.txt")
    )
    assert app_lines <= test_lines
    assert [line for line in test_lines if "==" not in line] == []


def test_the_dashboard_reports_to_nobody() -> None:
    text = (ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8")
    assert "gatherUsageStats = false" in text and "http" not in text
