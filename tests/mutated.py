"""The part of `tests/mutate.py` in the process of the tests: the module that CHATD_MUTATED names is another one."""

from __future__ import annotations

import os
import sys
from importlib.abc import MetaPathFinder, SourceLoader
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType

from tests.mutate import changed

MODULE, _, PLACE = os.environ["CHATD_MUTATED"].rpartition(":")
NAME = "chatd." + MODULE.removesuffix(".py").replace("/", ".")


class Loader(SourceFileLoader):
    """Compiles the changed text; what is cached on disk is that of the unchanged one."""

    def get_code(self, fullname: str) -> CodeType:
        """The module with its one change."""
        return compile(changed(MODULE, int(PLACE)), self.path, "exec", dont_inherit=True)


class Finder(MetaPathFinder):
    """Finds this one module."""

    def find_spec(self, fullname: str, path: object, target: object = None) -> ModuleSpec | None:
        """Its place on disk, with the other loader."""
        if fullname != NAME:
            return None
        spec = PathFinder.find_spec(fullname, path)  # type: ignore[arg-type]
        assert spec is not None and isinstance(spec.loader, SourceLoader)
        spec.loader = Loader(fullname, spec.loader.get_filename(fullname))
        return spec


assert NAME not in sys.modules, f"{NAME} has been imported before it could be changed"
sys.meta_path.insert(0, Finder())
