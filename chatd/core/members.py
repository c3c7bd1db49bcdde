"""The registered names and the keys they belong to. Which names may be had is said in `name_registry`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from chatd.core import names


class Members:
    """Pairs of a name and the fingerprint of a key: a name may have several keys, and a key several names."""

    def __init__(self, registered: Iterable[tuple[str, str]] = ()) -> None:
        self._keys: dict[str, set[str]] = {}
        self._alike: dict[str, set[str]] = {}
        """The names of each skeleton."""
        self._names: Counter[str] = Counter()
        """How many names each key has."""
        for name, fingerprint in registered:
            self.register(name, fingerprint)

    def __contains__(self, name: object) -> bool:
        return name in self._keys

    def register(self, name: str, fingerprint: str) -> None:
        """The name belongs to this key from now on, beside those it belongs to already."""
        if fingerprint not in self._keys.setdefault(name, set()):
            self._keys[name].add(fingerprint)
            self._names[fingerprint] += 1
        self._alike.setdefault(names.skeleton(name), set()).add(name)

    def keys(self, name: str) -> frozenset[str]:
        """The fingerprints of a name's keys; none when it is nobody's."""
        return frozenset(self._keys.get(name, ()))

    def count(self, fingerprint: str) -> int:
        """How many names a key has."""
        return self._names[fingerprint]

    def alike(self, name: str) -> frozenset[str]:
        """The registered names that look like this one, itself included."""
        return frozenset(self._alike.get(names.skeleton(name), ()))
