"""The screens that matter, each as it was last looked at. `make golden` draws them anew: look at the difference."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from chatd.testing import World, run
from chatd.testing.picture import picture
from chatd.testing.plugin.snapshots import hold
from tests.golden.scenes import SCENES, Scene

SCREENS = Path(__file__).parent / "screens"


async def drawn(scene: Scene) -> str:
    async with World.open() as world:
        return picture((await scene(world)).screen)


@pytest.mark.parametrize("name", SCENES)
def test_the_screen_is_as_it_was(name: str, request: pytest.FixtureRequest) -> None:
    found = run(partial(drawn, SCENES[name]))
    hold(SCREENS / f"{name}.txt", found, update=request.config.getoption("--chatd-update"))


def test_no_screen_is_left_of_a_scene_that_is_gone() -> None:
    assert {file.stem for file in SCREENS.glob("*.txt")} == set(SCENES)
