"""Conversations about people: who is here, under which name, and what one person tells another."""

from __future__ import annotations

from chatd.testing.simulation.conversations.talk import Conversation, Talk


async def _names(talk: Talk, who: str, line: str = "who --json") -> dict[str, dict[str, object]]:
    return {one["name"]: one for one in await talk.rows(who, line)}


async def two_terminals_are_one_person(talk: Talk) -> None:
    """Somebody at two terminals is here once, and until the last of them is gone."""
    una, ugo = talk.name("una"), talk.name("ugo")
    follower = talk.follows(ugo, "tail lobby -n 0 --follow --json")
    await talk.settles()
    first = await talk.lines(una)
    second = await talk.lines(una)
    talk.expects(una in await _names(talk, ugo), f"{una} is here")
    talk.expects(una in await _names(talk, ugo, "who lobby --json"), f"{una} is in the lobby")
    await talk.leaves(first)
    there = await _names(talk, ugo)
    talk.expects(una in there and "lobby" in there[una]["rooms"], f"{una} is here still: {there.get(una)}")  # type: ignore[operator]
    await talk.leaves(second)
    talk.expects(una not in await _names(talk, ugo), f"{una} has gone")
    told = follower.output
    talk.expects(told.count(f'"joined","name":"{una}"') == 1, f"{una} comes once: {told[-400:]!r}")
    talk.expects(told.count(f'"left","name":"{una}"') == 1, f"{una} goes once: {told[-400:]!r}")


async def a_new_name_takes_the_place_of_the_old(talk: Talk) -> None:
    """After /nick there is the new name alone, in the roster and on rows; the old one stays the person's own."""
    una, new, ugo = talk.name("una"), talk.name("unanova"), talk.name("ugo")
    host = await talk.lines(una)
    await talk.types(host, "as una\n")
    await talk.types(host, f"/nick {new}\n", 1)
    await talk.types(host, "as unanova\n")
    there = await _names(talk, ugo)
    talk.expects(new in there and una not in there, f"here are {sorted(there)}")
    talk.expects(talk.row("as una").author == una, "the old row has its author")
    talk.expects(talk.row("as unanova").author == new, f"the new row is by {talk.row('as unanova').author}")
    taken = await talk.lines(ugo)
    await talk.types(taken, f"/nick {new}\n", 1)
    talk.expects((await _names(talk, ugo)).keys() >= {ugo, new}, f"{ugo} does not get the name of {new}")
    talk.later.append(_names_as_before)
    await talk.types(host, f"/nick {una}\n", 1)
    there = await _names(talk, ugo)
    talk.expects(una in there and new not in there, f"back again: {sorted(there)}")
    await talk.leaves(host)
    there = await _names(talk, ugo)
    talk.expects(una not in there and new not in there, f"gone: {sorted(there)}")


async def _names_as_before(talk: Talk) -> None:
    """The next server gives the name to nobody else."""
    new, ugo = talk.name("unanova"), talk.name("ugo")
    thief = await talk.lines(ugo)
    await talk.types(thief, f"/nick {new}\n", 1)
    there = await _names(talk, ugo)
    talk.expects(ugo in there and new not in there, f"after a restart: {sorted(there)}")


async def a_word_to_one_is_told_to_one(talk: Talk) -> None:
    """/msg is shown once at each terminal of one person, at nobody else's, and kept nowhere."""
    una, ugo, uma, secret = talk.name("una"), talk.name("ugo"), talk.name("uma"), talk.name("secret")
    teller = await talk.lines(una)
    one, two = await talk.lines(ugo), await talk.lines(ugo)
    stranger, namesake = await talk.lines(uma), await talk.lines(f"{ugo}by")
    await talk.types(teller, f"/msg {ugo} {secret}\n", 1)
    for terminal in (one, two):
        talk.expects(terminal.output.count(secret) == 1, f"{ugo} is told {terminal.output[-300:]!r}")
    for other in (stranger, namesake):
        talk.expects(secret not in other.output, f"{other.visit.visitor.name} is told {other.output[-300:]!r}")
    talk.expects(teller.output.count(secret) == 1, f"{una} is shown {teller.output[-300:]!r}")
    found = await talk.runs(una, f"search {secret}")
    talk.expects(found.exit_status == 1, "it is kept nowhere")
    await talk.types(teller, f"/msg {talk.name('nobody')} hello\n", 1)
    talk.expects("is not here" in teller.output, f"nobody is told: {teller.output[-300:]!r}")


async def who_is_away_says_so_until_they_speak(talk: Talk) -> None:
    """/away is shown by who, and taken back by the next word."""
    una, ugo = talk.name("una"), talk.name("ugo")
    host = await talk.lines(una)
    await talk.types(host, "/away at lunch\n")
    there = await _names(talk, ugo)
    talk.expects(there.get(una, {}).get("away") == "at lunch", f"away: {there.get(una)}")
    talk.expects(there.get(ugo, {}).get("away") is None, f"not away: {there.get(ugo)}")
    await talk.types(host, "back\n")
    there = await _names(talk, ugo)
    talk.expects(there.get(una, {}).get("away") is None, f"back: {there.get(una)}")


async def a_private_room_is_ones_own(talk: Talk) -> None:
    """What is asked without a room is asked in a room that exists for nobody else."""
    una, ugo, word = talk.name("una"), talk.name("ugo"), talk.name("diary")
    asked = await talk.runs(una, f"ask @echo {word}")
    talk.expects((asked.output, asked.exit_status) == (f"{word}\n", 0), f"{asked.output!r}, {asked.errors!r}")
    own = {room["name"]: room for room in await talk.rows(una, "rooms --json")}
    others = {room["name"] for room in await talk.rows(ugo, "rooms --json")}
    talk.expects(f"~{una}" in own and own[f"~{una}"]["private"] is True, f"own rooms: {sorted(own)}")
    talk.expects(not any(name.startswith("~") for name in others - {f"~{ugo}"}), f"others' rooms: {sorted(others)}")
    talk.expects(own[f"~{una}"]["rows"] == 2, f"two rows: {own[f'~{una}']}")
    for line in (f"history ~{una}", f"tail ~{una}", f"export ~{una}", f"say --room ~{una} hello"):
        refused = await talk.runs(ugo, line)
        talk.expects(refused.exit_status == 69, f"{line!r} of {ugo}: {refused.exit_status}")
        talk.expects(word not in refused.output + refused.errors, f"{line!r}: {refused.output!r}")
    for line in (f"history ~{una}", f"tail ~{una} -n 2", f"export ~{una} --format text"):
        shown = await talk.runs(una, line)
        talk.expects(shown.output == f"{una}: @echo {word}\necho: {word}\n", f"{line!r}: {shown.output!r}")


async def a_guests_room_is_told_to_nobody(talk: Talk) -> None:
    """The private room of a guest is in no list but the guest's own, and is read by nobody."""
    guest, una = "guest-" + talk.name("gus"), talk.name("una")
    host = await talk.lines(guest)
    await talk.types(host, f"/join ~{guest}\n")
    await talk.types(host, "hello\n")
    own = {room["name"] for room in await talk.rows(guest, "rooms --json")}
    others = {room["name"] for room in await talk.rows(una, "rooms --json")}
    talk.expects(f"~{guest}" not in others, f"{una} is told of {sorted(others)}")
    talk.expects(not any(name.startswith("~") for name in own - {f"~{guest}"}), f"{guest} is told of {sorted(own)}")
    for line in (f"history ~{guest}", f"say --room ~{guest} hello", f"who ~{guest}"):
        refused = await talk.runs(una, line)
        talk.expects(refused.exit_status == 69, f"{line!r} of {una}: {refused.exit_status}")
    await talk.leaves(host)


ALL: tuple[Conversation, ...] = (
    two_terminals_are_one_person, a_new_name_takes_the_place_of_the_old, a_word_to_one_is_told_to_one,
    who_is_away_says_so_until_they_speak, a_private_room_is_ones_own, a_guests_room_is_told_to_nobody,
)  # fmt: skip
