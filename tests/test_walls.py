"""The walls of the house: imports go server → sync → schemas, and nothing of ours names a package registry.

The imports are read from the source, not from what happens to be loaded, so an import inside a function or under
TYPE_CHECKING counts as well.
"""

import ast
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
OURS = {"schemas", "sync", "server", "tests", "bench"}

# Rules are told the time, their ids and their data. What could fetch them by itself stays outside.
NOT_PURE = {
    "asyncio", "concurrent", "ctypes", "getpass", "glob", "http", "io", "locale", "logging", "mmap", "multiprocessing",
    "os", "pathlib", "platform", "random", "secrets", "select", "selectors", "shelve", "shutil", "signal", "socket",
    "socketserver", "sqlite3", "ssl", "subprocess", "sys", "tempfile", "threading", "time", "urllib", "warnings",
}  # fmt: skip

# Calls that read a clock or roll dice although the rest of their module is pure.
CLOCKS = {"now", "utcnow", "today", "uuid1", "uuid4"}
DOORS = {"open", "print", "input", "__import__", "uuid1", "uuid4"}


def sources(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """The top-level name of everything that a file imports; a relative import is one of the file's own room."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name.partition(".")[0], node.lineno
        elif isinstance(node, ast.ImportFrom):
            yield (
                (node.module or "").partition(".")[0] if node.level == 0 else path.relative_to(ROOT).parts[0],
                node.lineno,
            )


def breaches(room: str, allowed: set[str]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in sources(room)
        for name, line in imports(path)
        if name not in allowed
    ]


def test_schemas_import_only_msgspec_and_the_standard_library():
    assert breaches("schemas", set(sys.stdlib_module_names) | {"msgspec", "schemas"}) == []


def test_sync_imports_only_schemas_and_what_is_pure():
    pure = set(sys.stdlib_module_names) - NOT_PURE

    assert breaches("sync", pure | {"msgspec", "schemas", "sync"}) == []


def test_sync_reads_no_clock_rolls_no_dice_and_opens_no_file():
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno} calls {ast.unparse(node.func)}"
        for path in sources("sync")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and (
            (isinstance(node.func, ast.Attribute) and node.func.attr in CLOCKS)
            or (isinstance(node.func, ast.Name) and node.func.id in DOORS)
        )
    ]

    assert found == []


@pytest.mark.parametrize("room", ["schemas", "sync", "server"])
def test_nothing_imports_tests_or_benchmarks(room: str):
    found = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in sources(room)
        for name, line in imports(path)
        if name in {"tests", "bench"}
    ]

    assert found == []


# Written in two halves, so that this file does not name them.
REGISTRIES = [
    ("registry.npm", "js.org"),
    ("files.python", "hosted.org"),
    ("py", "pi.org"),
    ("registry.yarn", "pkg.com"),
]
NOT_OURS = {".git", ".venv", "node_modules", "dist", "__pycache__"}


def our_files() -> Iterator[Path]:
    for folder, names, files in os.walk(ROOT):
        names[:] = [name for name in names if name not in NOT_OURS and not name.endswith("_cache") and name[0] != "~"]
        yield from (Path(folder, name) for name in files)


def read(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def test_no_file_names_a_package_registry():
    """Packages come from wherever the machine is set up to look; the hashes in the locks vouch for them."""
    hosts = [(one + other).encode() for one, other in REGISTRIES]
    found = [str(path.relative_to(ROOT)) for path in our_files() if any(host in read(path) for host in hosts)]

    assert found == []
