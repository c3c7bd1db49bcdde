"""What the shipped interface gives scripts beside the host: hooks on rows (`lua/hooks.lua`)."""

from __future__ import annotations

from chatd.tasks.scripts.api import Function, MadeBy, Where, given

HOOKS = (
    Function(
        "on_row", given("f: fun(row: chatd.Row): boolean|chatd.Row|table|nil", "options?: {shared: boolean?}"), "",
        "A filter, run before a row is drawn: nil or false hides it, true or the row keeps it, a table with `content`, "
        "`author` or `style` changes these. Register it while the file is run. With `shared` it promises not to depend "
        "on whose screen it is, and is run once for all who look alike.",
        Where.SCREEN, owner=MadeBy.INTERFACE,
    ),
    Function(
        "on_chunk", given("f: fun(row: chatd.Row, delta: string): string?", "options?: {shared: boolean?}"), "",
        "What to show of a row while it grows, in place of its text so far; nil leaves it as it is. `delta` is what it "
        "has grown by since it was drawn last.",
        Where.SCREEN, owner=MadeBy.INTERFACE,
    ),
    Function(
        "render", given(
            "content_method: string", "f: fun(row: chatd.Row, width: integer): table", "options?: {shared: boolean?}",
        ), "",
        "Draws all rows of a content_method: a list of lines, each a string, or a list of text and style in turns.",
        Where.SCREEN, owner=MadeBy.INTERFACE,
    ),
)  # fmt: skip
