"""Who can be asked: the configured, embedded and discovered models by name, and the short forms of their names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import SequenceMatcher

from chatd.core import names
from chatd.errors import NotFound
from chatd.ports import Model
from chatd.wire.models.listing import LATEST

SHOWN = 12
"""Names that a refusal lists."""


class ModelRegistry(Mapping[str, Model]):
    """Every model by its name. Fixed ones stay; those of a source come and go together.

    `is_member` tells whether a name belongs to a person: then a discovered model is reached by its full name only.
    """

    def __init__(self, fixed: Mapping[str, Model], *, is_member: Callable[[str], bool] = lambda _: False) -> None:
        self._fixed = {names.fold(name): model for name, model in fixed.items()}
        self._found: dict[object, dict[str, Model]] = {}
        self._all: dict[str, Model] = dict(self._fixed)
        self._is_member = is_member

    def __getitem__(self, name: str) -> Model:
        return self._all[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def add(self, name: str, model: Model) -> None:
        """A fixed model more; it takes the name from a discovered one."""
        self._fixed[names.fold(name)] = model
        self._merge()

    def remove(self, name: str) -> None:
        """A fixed model less."""
        self._fixed.pop(names.fold(name), None)
        self._merge()

    def fixed(self, name: str) -> Model | None:
        """The fixed model of that very name."""
        return self._fixed.get(names.fold(name))

    def is_taken(self, name: str) -> bool:
        """Whether a model that is found may not write under a name: a fixed model or a person has it, or nobody may."""
        folded = names.fold(name)
        return folded in self._fixed or names.is_reserved(folded) or self._is_member(folded)

    def found(self, source: object, models: Iterable[Model]) -> None:
        """What a source offers now, instead of what it offered before. `source` is the one itself and not what it is
        called: two may stand at the same server, with different keys.
        """
        self._found[source] = {model.info.name: model for model in models}
        self._merge()

    def _merge(self) -> None:
        everybody = dict(self._fixed)
        for models in self._found.values():
            for name, model in models.items():
                everybody.setdefault(name, model)
        self._all = everybody

    # --- names

    def named(self, name: str) -> Model | None:
        """The model a typed name means: its own name, or a short form that no other model shares."""
        wanted = names.fold(name)
        exact = self._all.get(wanted)
        if exact is not None:
            return None if wanted not in self._fixed and self._is_member(wanted) else exact
        if self._is_member(wanted):
            return None
        meant = self._meant(wanted)
        return meant[0] if len(meant) == 1 else None

    def find(self, name: str) -> Model:
        """As `named`. Raises NotFound, with those who can be asked or those the name could mean."""
        model = self.named(name)
        if model is not None:
            return model
        several = self._meant(names.fold(name))
        if len(several) > 1:
            raise NotFound(f"{name[:40]!r} could be {_listed(model.info.name for model in several)}")
        raise NotFound(f"there is no model {name[:40]!r}; you can ask {_listed(self._nearest(name))}")

    def _nearest(self, name: str) -> list[str]:
        """Everybody who can be asked; the likest first, when there are more than are shown."""
        if len(self._all) <= SHOWN:
            return list(self._all)
        likeness = SequenceMatcher(None, b=names.fold(name[:40]))

        def unlike(known: str) -> float:
            likeness.set_seq1(known[:40])
            return -likeness.ratio()

        return sorted(self._all, key=unlike)

    def others(self, model: Model) -> str:
        """Who else can be asked, in words."""
        return _listed(name for name, other in self._all.items() if other is not model)

    def _meant(self, wanted: str) -> list[Model]:
        """The models whose short form this is, the closest forms first: without its tag, then without its path."""
        for short in (_without_tag, _without_path, lambda name: _without_tag(_without_path(name))):
            found = [model for name, model in self._all.items() if name != wanted and short(name) == wanted]
            latest = [model for model in found if model.info.name.endswith(LATEST)]
            if latest or found:
                return latest if len(latest) == 1 else found
        return [model for name, model in self._all.items() if f"{model.info.provider}/{name}" == wanted]


def _without_tag(name: str) -> str:
    return name.rpartition(":")[0] or name


def _without_path(name: str) -> str:
    return name.rpartition("/")[2]


def _listed(found: Iterable[str]) -> str:
    everybody = ["@" + name for name in found]
    more = f", … ({len(everybody)} in all)" if len(everybody) > SHOWN else ""
    return ", ".join(everybody[:SHOWN]) + more
