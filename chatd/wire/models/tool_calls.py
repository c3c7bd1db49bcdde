"""Whole tool calls out of the fragments that servers send.

A fragment belongs to the call of its (index, id). Servers differ in what they leave out: some number every call 0, some
give no ids or the same one to all, some repeat id and name in each fragment, some make up an id for each. So where
there is a name, a new id begins a new call; so does another name, unless nothing of the arguments has come: then it is
the rest of a name that came in pieces; and so does the same name again once the arguments are a whole JSON value.
Without a name nothing begins.
"""

from __future__ import annotations

from collections.abc import Sequence

from chatd.core.stream import NO_EXTRA, ToolCall
from chatd.core.text import human_size, storable
from chatd.errors import LimitFailure, ProtocolFailure
from chatd.wire.models.json_values import Object, a_list
from chatd.wire.models.sent_back import CALL, SentBack

MAX_CALLS = 128
"""Calls in one reply: as many tools as the large servers let one offer. More come only from a model that loops."""

_READ_AHEAD = 64 * 1024
"""Characters of arguments that may wait to be scanned: all of them at once would take long."""

MAX_NAME = 4096
"""Characters of an id or a name: names of tools have 64, the longest ids seen have some 400."""


class _Value:
    """Whether the JSON that came so far is a whole value, going by its brackets and quotes. Reads all of it once."""

    def __init__(self) -> None:
        self._begun = False
        self._depth = 0
        self._quoted = False
        self._escaped = False

    @property
    def whole(self) -> bool:
        return self._begun and self._depth <= 0 and not self._quoted

    def feed(self, text: str) -> None:
        """More of it, not empty."""
        self._begun = self._begun or not text.isspace()
        if self._escaped:
            text = text[1:]
        text = text.replace("\\\\", "")
        self._escaped = text.endswith("\\")
        parts = text.replace('\\"', "").split('"')
        outside = "".join(parts[int(self._quoted) :: 2])
        self._depth += outside.count("{") + outside.count("[") - outside.count("}") - outside.count("]")
        self._quoted ^= len(parts) % 2 == 0


class OpenCall:
    """A call whose arguments may still grow."""

    def __init__(self, said_id: str, name: str) -> None:
        self.said_id = said_id
        self.name = name
        self._pieces: list[str] = []
        self._value = _Value()
        self._read = self._unread = 0
        self._said_again = False
        self.sent_back = SentBack()

    def add(self, arguments: str) -> None:
        """More of its arguments."""
        if arguments:
            self._pieces.append(arguments)
            self._unread += len(arguments)
            if self._unread > _READ_AHEAD:
                self._scan()

    def say_name(self, said: str) -> None:
        """The name, or a piece of it, or all of it again."""
        if not said.startswith(self.name):
            said = self.name + said
        elif said == self.name:
            return
        _check_length(said)
        self.name = storable(said)

    @property
    def arguments(self) -> str:
        """The arguments as far as they came."""
        return storable("".join(self._pieces))

    def begins_another(self, name: str, arguments: str) -> bool:
        """Whether a fragment with this name and these arguments, otherwise like this call's, is of another call.

        The same name without arguments, once these are whole, may be said again or be said of the next call: that
        shows when arguments follow.
        """
        if name and self.name and name != self.name:
            return bool(self._pieces)
        again = self._said_again or bool(name and self.name)
        if not again or not self._whole():
            return False
        self._said_again = True
        return bool(arguments.strip())

    def _whole(self) -> bool:
        self._scan()
        return self._value.whole

    def _scan(self) -> None:
        if self._read < len(self._pieces):
            self._value.feed("".join(self._pieces[self._read :]))
        self._read, self._unread = len(self._pieces), 0


class CallAssembler:
    """The calls of one reply, in the order in which they began. Raises LimitFailure over `MAX_CALLS`."""

    def __init__(self) -> None:
        self._calls: list[OpenCall] = []
        self._by_key: dict[tuple[int, str], OpenCall] = {}
        self._by_index: dict[int, OpenCall] = {}
        self._by_id: dict[str, OpenCall] = {}

    def begin(self, said_id: str, name: str) -> OpenCall:
        """A new call, in protocols that say where one begins. One whose id is missing or taken gets an own one."""
        if len(self._calls) == MAX_CALLS:
            raise _too_many()
        _check_length(said_id)
        _check_length(name)
        call = OpenCall(storable(said_id), storable(name))
        self._calls.append(call)
        return call

    def fragment(self, index: int, said_id: str, name: str, arguments: str) -> OpenCall | None:
        """A piece of a call, in the protocol where a call must be told from its pieces; what is missing is empty.

        Returns the call that it belongs to, if there is one.
        """
        if not (said_id or name or arguments):
            return self._by_index.get(index)
        call = self._find(index, said_id, name)
        if call is None or call.begins_another(name, arguments):
            call = self.begin(said_id, name or (call.name if call else ""))
        _check_length(said_id)
        _check_length(name)
        if name:
            call.say_name(name)
        call.said_id = call.said_id or storable(said_id)
        self._by_index[index] = call
        if said_id and call.said_id == said_id:  # some servers make up another id for each fragment
            self._by_key[index, said_id] = self._by_id[said_id] = call
        call.add(arguments)
        return call

    def calls(self, *, cut: bool = False) -> list[ToolCall]:
        """The calls, each with an id that is unique among them.

        Raises ProtocolFailure for one that never got a name; when the reply was `cut`, such a one is left out.
        """
        named = [call for call in self._calls if call.name]
        if len(named) < len(self._calls) and not cut:
            raise ProtocolFailure("the model's server sent a tool call without the name of a tool")
        said = {call.said_id for call in named}
        taken: set[str] = set()
        numbers = (f"call_{number}" for number in range(1, 2 * MAX_CALLS + 1))
        whole: list[ToolCall] = []
        for call in named:
            id_ = call.said_id
            if not id_ or id_ in taken:
                id_ = next(id_ for id_ in numbers if id_ not in said)
            taken.add(id_)
            kept = call.sent_back.value()
            whole.append(ToolCall(id_, call.name, call.arguments, {CALL: kept} if kept else NO_EXTRA))
        return whole

    def _find(self, index: int, said_id: str, name: str) -> OpenCall | None:
        """The call that a fragment goes on with, going by its index and id; None when it begins one."""
        at_index = self._by_index.get(index)
        if not said_id:
            return at_index
        if (index, said_id) in self._by_key:
            return self._by_key[index, said_id]
        if not name:
            return self._by_id.get(said_id) or at_index
        return None if at_index is None or at_index.said_id else at_index  # its id may come late


def call_list(message: Object) -> Sequence[object]:
    """The calls of a message, or fragments of them. Raises LimitFailure for more than a reply may have."""
    found = a_list(message.get("tool_calls"))
    if len(found) > MAX_CALLS:
        raise _too_many()
    return found


def _too_many() -> LimitFailure:
    return LimitFailure(f"the model made more than {MAX_CALLS} tool calls at once")


def _check_length(text: str) -> None:
    if len(text) > MAX_NAME:
        raise LimitFailure(f"the name or id of a tool call is over the limit of {human_size(MAX_NAME)}")
