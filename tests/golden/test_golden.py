"""The screens that matter, each as it was last looked at. `make golden` draws them anew: look at the difference."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import pytest

from chatd.testing import World, run
from tests.golden.picture import picture
from tests.golden.scenes import SCENES, Scene

SCREENS = Path(__file__).parent / "screens"


async def drawn(scene: Scene) -> str:
    async with World.open() as world:
        return picture((await scene(world)).screen)


@pytest.mark.parametrize("name", SCENES)
def test_the_screen_is_as_it_was(name: str) -> None:
    file, found = SCREENS / f"{name}.txt", run(partial(drawn, SCENES[name]))
    if os.environ.get("GOLDEN") == "draw":
        file.write_text(found, encoding="utf-8")
    assert found == file.read_text(encoding="utf-8")


def test_no_screen_is_left_of_a_scene_that_is_gone() -> None:
    assert {file.stem for file in SCREENS.glob("*.txt")} == set(SCENES)
