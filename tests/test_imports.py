"""The arrows of the house: wsgi → server → sync → forms, and never back."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {"forms": set(), "sync": {"forms"}, "server": {"forms", "sync"}}
# The edge between deciding and acting, inside the rooms: a decision knows no store, no HTTP and no clock of the machine.
PURE = [
    "sync/revisions.py",
    "sync/validate.py",
    "sync/merge.py",
    "sync/clock.py",
    *(f"sync/linkage/{path.name}" for path in sorted((ROOT / "sync" / "linkage").glob("*.py"))),
]
IMPURE = {"sqlite3", "sqlalchemy", "requests", "flask", "time", "random", "threading", "subprocess", "socket"}


def files_of(room: str) -> list[Path]:
    return [path for path in sorted((ROOT / room).rglob("*.py")) if "node_modules" not in path.parts]


def is_module(name: str) -> bool:
    place = ROOT.joinpath(*name.split("."))
    return place.with_suffix(".py").is_file() or (place / "__init__.py").is_file()


def modules_imported_by(path: Path) -> set[str]:
    """Full names of the modules that a file imports, wherever in it: a deferred import is an arrow too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            # `from server.office import shown` needs server.office.shown, not what server/office/__init__.py puts together
            names |= {full if is_module(full := f"{node.module}.{alias.name}") else node.module for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level:
            package = path.relative_to(ROOT).parts[: -node.level]
            names.add(".".join([*package, *(node.module or "").split(".")]).strip("."))
    return names


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_imports_point_right_and_never_left(room):
    others = set(MAY_IMPORT) | {"wsgi", "tests", "benchmarks"}
    for path in files_of(room):
        reached = {name.split(".")[0] for name in modules_imported_by(path)} & (others - {room})
        assert reached <= MAY_IMPORT[room], f"{path.relative_to(ROOT)} imports {sorted(reached - MAY_IMPORT[room])}"


def test_there_is_something_to_check():
    assert all(len(files_of(room)) > 3 for room in MAY_IMPORT)


def test_decisions_know_no_store_no_network_and_no_clock():
    for name in PURE:
        reached = {module.split(".")[0] for module in modules_imported_by(ROOT / name)} & IMPURE
        assert not reached, f"{name} imports {sorted(reached)}"


def test_modules_form_no_rings():
    """Tarjan would be shorter to explain than to read: a module that can reach itself is in a ring."""
    known = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for room in MAY_IMPORT for path in files_of(room)}
    reach = {name: {module for module in modules_imported_by(path) if module in known and module != name} for name, path in known.items()}
    for start in reach:
        seen: set[str] = set()
        ahead = set(reach[start])
        while ahead:
            module = ahead.pop()
            seen.add(module)
            ahead |= reach[module] - seen
        assert start not in seen, f"{start} imports itself by way of one of {sorted(reach[start])}"
