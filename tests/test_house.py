import ast
import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "src").rglob("*.py"))
LENGTHS = {path.relative_to(ROOT).as_posix(): len(path.read_text().splitlines()) for path in SOURCES}
HEAVY = ("mlflow", "lightgbm", "sklearn", "shap", "pandas", "matplotlib", "optuna")
WITHOUT_HEAVY = (
    "limner",
    "limner.cli.app",
    "limner.pipeline.workspace",
    "limner.pipeline.score",
    "limner.project",
    "limner.web.app",
)

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def functions() -> Iterator[tuple[str, FunctionNode]]:
    for path in SOURCES:
        for node in ast.walk(parsed(path)):
            if isinstance(node, FunctionNode):
                yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", node


def body_lines(node: FunctionNode) -> int:
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_files_are_short() -> None:
    assert {name: lines for name, lines in LENGTHS.items() if lines > 400} == {}
    assert statistics.median(LENGTHS.values()) <= 150


def test_functions_are_short() -> None:
    lines = {name: body_lines(node) for name, node in functions()}

    assert {name: count for name, count in lines.items() if count > 60} == {}
    assert statistics.quantiles(lines.values(), n=10)[-1] <= 30


def test_functions_take_few_parameters() -> None:
    def parameters(node: FunctionNode) -> int:
        named = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        return len([one for one in named if one.arg not in {"self", "cls"}])

    commands = "src/cli/"  # a command's options are its arguments
    assert {name for name, node in functions() if parameters(node) > 6 and not name.startswith(commands)} == set()


def test_no_module_has_a_name_that_says_nothing() -> None:
    empty = {"utils", "helpers", "common", "base", "manager"}

    assert [path for path in SOURCES if path.stem in empty or path.parent.name in empty] == []


def test_nothing_is_asserted_outside_tests() -> None:
    asserts = [path for path in SOURCES for node in ast.walk(parsed(path)) if isinstance(node, ast.Assert)]

    assert asserts == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_public_names_are_listed_and_sorted(path: Path) -> None:
    listed = [
        ast.literal_eval(node.value)
        for node in parsed(path).body
        if isinstance(node, ast.Assign) and [getattr(one, "id", "") for one in node.targets] == ["__all__"]
    ]
    if not listed:
        assert path.name in {"__init__.py", "__main__.py"}
        return
    names = ("limner", *path.relative_to(ROOT / "src").with_suffix("").parts)
    module = import_module(".".join(names[:-1] if names[-1] == "__init__" else names))

    assert [name for name in listed[0] if not hasattr(module, name)] == []
    assert listed[0] == sorted(listed[0], key=lambda name: (not name.isupper(), not name[0].isupper(), name))


@pytest.fixture(scope="module")
def brought() -> dict[str, list[str]]:
    """The heavy libraries that are there after each of the light modules was imported, one behind the other."""
    script = (
        "import json, sys\n"
        "from importlib import import_module\n"
        f"for module in {WITHOUT_HEAVY!r}:\n"
        f"    import_module(module); print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    )
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    return dict(zip(WITHOUT_HEAVY, map(json.loads, shown.splitlines()), strict=True))


@pytest.mark.parametrize("module", WITHOUT_HEAVY)
def test_light_modules_import_no_heavy_library(brought: dict[str, list[str]], module: str) -> None:
    assert brought[module] == []


def test_help_imports_no_heavy_library() -> None:
    script = (
        "import sys; sys.argv = ['limner', '--help']\n"
        "from limner.cli import main\n"
        "try: main()\n"
        f"finally: print([name for name in {(*HEAVY, 'numba', 'duckdb', 'deltalake')!r} if name in sys.modules])"
    )

    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False).stdout

    assert shown.strip().splitlines()[-1] == "[]"
    assert "ingest" in shown


def test_nothing_committed_tells_of_another_place() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    texts = [ROOT / name for name in listed.split("\0") if name and Path(name).suffix not in {".lock", ".png"}]
    hosts = (
        "pypi" + ".org",
        "files.python" + "hosted",
        "registry." + "npmjs",
        "deb." + "debian.org",
        "/" + "work/main",
    )

    assert [path for path in texts if path.is_file() and any(host in path.read_text() for host in hosts)] == []
