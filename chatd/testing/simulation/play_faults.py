"""Playing faults that have time in them: of somebody's connection, of the clock, of the models that can be found."""

from __future__ import annotations

from collections.abc import Mapping

from chatd.testing import program as acts
from chatd.testing.connection import QUALITIES
from chatd.testing.people import PlayedPerson
from chatd.testing.simulation.found_models import FoundModels
from chatd.testing.world import World

Fault = acts.LinkFault | acts.ClockFault | acts.DiscoveryFault


def play_fault(
    act: Fault, world: World, here: Mapping[str, PlayedPerson], viewers: list[PlayedPerson], found: FoundModels | None
) -> None:
    """One act, synchronously. What is done to somebody who is not there is left out."""
    match act:
        case acts.LinkFault(who=who, how=how):
            own = [here.get(who), *(one for one in viewers if one.visit.visitor.name == who)]
            for person in own:
                if person is not None and not person.ended.is_set():
                    person.links(QUALITIES[how])
        case acts.ClockFault(seconds=seconds):
            world.clock.jumps(seconds)
        case acts.DiscoveryFault(how=how):
            if found is not None:
                found.becomes(how)
