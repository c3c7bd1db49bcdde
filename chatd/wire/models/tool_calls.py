"""Assembles tool calls from the fragments that servers send.

A fragment belongs to the call with its index and id. Servers differ in what they leave out: some number every call 0,
some send no ids or the same id for all, some repeat id and name in each fragment, some make up an id for each. So a
fragment with a name begins a new call in three cases: its id is new; its name differs and arguments have come (else it
is the rest of a name in pieces); its name is the same and the arguments are a complete JSON value. A fragment without a
name begins no call.
"""

from __future__ import annotations

from collections.abc import Sequence

from chatd.core.stream import NO_EXTRA, ToolCall
from chatd.core.text import human_size, storable
from chatd.errors import LimitFailure, ProtocolFailure
from chatd.wire.models.json_values import Object, a_list
from chatd.wire.models.sent_back import CALL, SentBack

MAX_CALLS = 128
"""Calls in one reply: as many as the tools that large servers allow. Only a model that loops makes more."""

_READ_AHEAD = 64 * 1024
"""Characters of arguments that are scanned at a time: a scan of all of them would block the loop."""

MAX_NAME = 4096
"""Characters of an id or a name: names of tools have 64, the longest ids seen have some 400."""


class _JsonScan:
    """Scans JSON text in pieces, each once, and tells by brackets and quotes whether it is a complete value."""

    def __init__(self) -> None:
        self._begun = False
        self._depth = 0
        self._quoted = False
        self._escaped = False

    @property
    def whole(self) -> bool:
        return self._begun and self._depth <= 0 and not self._quoted

    def feed(self, text: str) -> None:
        """Scan the next piece, which is not empty."""
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
        self._value = _JsonScan()
        self._read = self._unread = 0
        self._said_again = False
        self.sent_back = SentBack()

    def add(self, arguments: str) -> None:
        """Add a piece of the arguments."""
        if arguments:
            self._pieces.append(arguments)
            self._unread += len(arguments)
            if self._unread > _READ_AHEAD:
                self._scan()

    def say_name(self, said: str) -> None:
        """Take the name, a piece of it, or the whole name again."""
        if not said.startswith(self.name):
            said = self.name + said
        elif said == self.name:
            return
        _check_length(said)
        self.name = storable(said)

    @property
    def arguments(self) -> str:
        """The arguments as far as they were received."""
        return storable("".join(self._pieces))

    def begins_another(self, name: str, arguments: str) -> bool:
        """Whether a fragment with the index and id of this call, this name and these arguments begins another call.

        The same name without arguments, once the arguments are complete, may repeat the name or begin the next call:
        the next arguments decide.
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
        """Begin a call, in protocols that mark the beginning. A call whose id is missing or taken gets a new id."""
        if len(self._calls) == MAX_CALLS:
            raise _too_many()
        _check_length(said_id)
        _check_length(name)
        call = OpenCall(storable(said_id), storable(name))
        self._calls.append(call)
        return call

    def fragment(self, index: int, said_id: str, name: str, arguments: str) -> OpenCall | None:
        """Take a fragment, in protocols that do not mark where a call begins; missing fields are empty.

        Returns the call to which it belongs, if there is one.
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
        if said_id and call.said_id == said_id:  # not if a server makes up an id for each fragment
            self._by_key[index, said_id] = self._by_id[said_id] = call
        call.add(arguments)
        return call

    def calls(self, *, cut: bool = False) -> list[ToolCall]:
        """The calls, each with an id that is unique among them.

        Raises ProtocolFailure for a call without a name; when the reply was `cut`, such a call is left out.
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
        """The call that a fragment continues, by its index and id; None when it begins a call."""
        at_index = self._by_index.get(index)
        if not said_id:
            return at_index
        if (index, said_id) in self._by_key:
            return self._by_key[index, said_id]
        if not name:
            return self._by_id.get(said_id) or at_index
        return None if at_index is None or at_index.said_id else at_index  # its id may come late


def call_list(message: Object) -> Sequence[object]:
    """The calls of a message, or their fragments. Raises LimitFailure over `MAX_CALLS`."""
    found = a_list(message.get("tool_calls"))
    if len(found) > MAX_CALLS:
        raise _too_many()
    return found


def _too_many() -> LimitFailure:
    return LimitFailure(f"the model made more than {MAX_CALLS} tool calls at once")


def _check_length(text: str) -> None:
    if len(text) > MAX_NAME:
        raise LimitFailure(f"the name or id of a tool call is over the limit of {human_size(MAX_NAME)}")
