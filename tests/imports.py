"""Who imports whom in chatd: the graph that tests/test_layers.py holds, printed by `make graph`.

python -m tests.imports [PACKAGE]: for each layer, and each floor of `tasks`, its modules, the arrows inside it and out
of it; then the circles, imports for type checking included.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "chatd"

Graph = Mapping[str, set[str]]
"""Each module by its dotted name below the package, and the modules that it imports."""


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """(line, module) of every import in a file, those inside functions and for type checking too. A name that is
    imported from a package may be a module of it, and is given as well.
    """
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} relative import"
            assert node.module is not None
            yield node.lineno, node.module
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def graph_of(package: Path = PACKAGE) -> Graph:
    """The modules of a package and their arrows; `__init__` files stand for their folders."""
    files = {_name(path, package): path for path in sorted(package.rglob("*.py"))}
    return {name: _targets(path, package, set(files)) - {name} for name, path in files.items()}


def _targets(path: Path, package: Path, modules: set[str]) -> set[str]:
    found = {module.removeprefix(f"{package.name}.") for _, module in imports(path)} & modules
    # Whoever takes a module out of a folder does not need the folder's own file.
    folders = {target.rpartition(".")[0] for target in found}
    return {target for target in found if target not in folders or _takes_names(path, package, target, modules)}


def _takes_names(path: Path, package: Path, folder: str, modules: set[str]) -> bool:
    """Whether a file imports something from a folder that is no module of it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == f"{package.name}.{folder}":
            return any(f"{folder}.{alias.name}" not in modules for alias in node.names)
    return False


def _name(path: Path, package: Path) -> str:
    name = ".".join(path.relative_to(package).with_suffix("").parts)
    return name.removesuffix(".__init__")


def circles(graph: Graph) -> list[list[str]]:
    """Modules that import each other, directly or by way of others; each circle sorted, the largest first."""
    found: list[list[str]] = []
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []

    def visit(module: str) -> None:
        """Tarjan's strongly connected components."""
        index[module] = low[module] = len(index)
        stack.append(module)
        for target in sorted(graph[module]):
            if target not in index:
                visit(target)
                low[module] = min(low[module], low[target])
            elif target in stack:
                low[module] = min(low[module], index[target])
        if low[module] == index[module]:
            at = stack.index(module)
            circle = sorted(stack[at:])
            del stack[at:]
            if len(circle) > 1:
                found.append(circle)

    for module in sorted(graph):
        if module not in index:
            visit(module)
    return sorted(found, key=lambda circle: (-len(circle), circle))


def house_of(module: str) -> str:
    """The layer of a module; in `tasks`, its floor."""
    parts = module.split(".")
    return "/".join(parts[:2]) if parts[0] == "tasks" and len(parts) > 1 else parts[0]


def main() -> None:
    """Print the graph of the package named, or of chatd."""
    graph = graph_of(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else PACKAGE)
    houses = sorted({house_of(module) for module in graph})
    print(f"{'':<24}{'modules':>8}{'inside':>8}{'out':>8}  imports")
    for house in houses:
        modules = [module for module in graph if house_of(module) == house]
        arrows = [house_of(target) for module in modules for target in graph[module]]
        targets = sorted(set(arrows) - {house})
        inside = arrows.count(house)
        print(f"{house:<24}{len(modules):>8}{inside:>8}{len(arrows) - inside:>8}  {' '.join(targets)}")
    print(f"{'all':<24}{len(graph):>8}{sum(map(len, graph.values())):>16} arrows")
    for circle in circles(graph):
        print(f"circle of {len(circle)}: {' '.join(circle)}")


if __name__ == "__main__":
    main()
