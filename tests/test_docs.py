"""The documents are true: what ARCHITECTURE.md and README.md name exists, and what exists is named."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text()
README = (ROOT / "README.md").read_text()


def named() -> set[str]:
    """Files and folders that ARCHITECTURE.md names in backquotes."""
    return set(re.findall(r"`((?:[a-z_]+/)*[a-z_]+(?:\.py|/))`", ARCHITECTURE))


def test_what_is_named_exists() -> None:
    for name in named():
        assert any((base / name).exists() for base in (ROOT, ROOT / "chatd")), f"ARCHITECTURE.md names {name}"


def test_every_module_has_its_line() -> None:
    names = named()
    for path in (ROOT / "chatd").rglob("*.py"):
        name = str(path.relative_to(ROOT / "chatd"))
        if path.name in ("__init__.py", "__main__.py"):
            continue
        whole_folder = any(name.startswith(folder) for folder in names if folder.count("/") > 1)
        assert name in names or whole_folder, f"{name} has no line in ARCHITECTURE.md"


def test_the_readme_names_every_command() -> None:
    from chatd.tasks.commands.dispatch import table  # noqa: PLC0415 - only this test needs the server

    for name in table():
        assert f"`{name}" in README, f"README.md does not name the command {name}"


def test_the_readme_starts_with_the_two_commands() -> None:
    assert README.index("make run") < README.index("make test") < 600


def glossary() -> dict[str, str]:
    """The words of ARCHITECTURE.md, and what they mean."""
    table = ARCHITECTURE.split("## Words")[1].split("\n## ")[0]
    return dict(re.findall(r"^\| (\w+) \| (.+) \|$", table, re.MULTILINE))


def test_the_words_of_the_glossary_are_those_of_the_code() -> None:
    """Each is the name, or a word in the name, of a class or a module; the meaning's own backquoted names exist."""
    words, names = glossary(), set[str]()
    for path in (ROOT / "chatd").rglob("*.py"):
        names |= {
            path.stem,
            path.parent.name,
            *re.findall(r"^(?:class )?([A-Z]\w+)(?=[(:]| = )", path.read_text(), re.MULTILINE),
        }
    parts = {part.lower() for name in names for part in re.findall(r"[A-Z]?[a-z]+", name)}
    in_prose = {"act", "fold"}  # what their files have in common
    assert len(words) >= 20
    for word in words:
        assert word in in_prose or parts & {word, f"{word}s"}, f"nothing is called {word}"


def test_one_name_for_one_class() -> None:
    """No two public classes have one name: whoever reads a line of a diff knows which is meant."""
    seen: dict[str, Path] = {}
    for path in sorted((ROOT / "chatd").rglob("*.py")):
        for name in re.findall(r"^class ([A-Z]\w+)", path.read_text(), re.MULTILINE):
            assert name not in seen, f"{name} is in {seen[name]} and in {path}"
            seen[name] = path
