"""What is new is looked at once for all who were told the same, and says for whom of them it is."""

from __future__ import annotations

from chatd.core.row import Added, Finished, Grew, Status
from chatd.tasks.chat.row_texts import RowTexts
from chatd.tasks.screens.room_news import NONE, Remark, RoomNews
from tests.tasks.screens.test_rows_at_hand import room, row


def test_what_was_said_and_whose_questions_are_answered() -> None:
    lobby, news = room(1, 3), RoomNews(RowTexts())
    assert news.of(lobby, 3) is NONE
    lobby.apply(Added(4, row(4, "Hello ALICE")))
    lobby.apply(Added(5, row(5, "", method="message.model.chunk", status=Status.OPEN)))
    lobby.apply(Added(6, row(6, "{}", method="tool.call")))
    told = news.of(lobby, 3)
    assert told.any and told.remarks == (Remark("bob", b"hello alice"),) and not told.askers
    assert news.of(lobby, 3) is told
    lobby.apply(Grew(7, "row5", 0, "42", 0))
    assert news.of(lobby, 6).any and not news.of(lobby, 6).remarks
    lobby.apply(Finished(8, "row5", Status.COMPLETE, "message.model", {"asker": "alice"}, 0))
    assert news.of(lobby, 6).askers == {"alice"} and news.of(lobby, 6).remarks == (Remark("bob", b"42"),)


def test_who_is_too_late_hears_that_there_is_something() -> None:
    lobby, news = room(1, 3), RoomNews(RowTexts())
    for seq in range(4, 30):
        lobby.apply(Added(seq, row(seq)))
    assert news.of(lobby, 3).any and not news.of(lobby, 3).remarks
