"""The files made from the tables of `api`: annotations for lua-language-server, and the page on writing scripts."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from chatd.tasks.scripts.api import Callback, Function, Parameter, Shape, Where
from chatd.tasks.scripts.api_callbacks import CALLBACKS, SHAPES
from chatd.tasks.scripts.api_functions import FUNCTIONS, GROUPS

_META_HEAD = """---@meta
-- What scripts can call, for lua-language-server. Made by `make meta` from chatd/tasks/scripts/api*.py; never run.
"""

_PAGE_HEAD = """# Writing scripts

The whole interface is Lua 5.5. A file in the directory named by `[lua] path` replaces the shipped one of the same name;
every other `*.lua` at its top is run after `init.lua`, in name order. **Saving a file reloads it** in every live
session; a broken one is named, with its line, and the old scripts go on. Scripts can be tested, in milliseconds and
without a network: `chatd guide` prints how.

A callback is stopped when it computes too long or takes too much memory; the person is told, and the session goes on.
Only nil, booleans, numbers, strings and tables of them cross to the host. Actions answer `{success=true, …}` or
`{success=false, error=…}` at once, and take effect after the callback. A call that *waits* suspends its callback alone.

The files are run twice more without a person. In the server's own runtime `tools.define` gives the models a tool, and
`tools.actor` makes somebody who answers to a name. It hears of the rows of every room, of private ones too: what it
logs or says elsewhere is the operator's responsibility. And in a runtime of nobody's (`tools.session().mode` is `look`)
rows are drawn, once for all who look alike: hooks that are `shared` act there. One that is not makes each person's rows
be drawn in their own runtime, which costs a millisecond a row and person.

    local seen = 0
    tools.on_row_added(function(_, row)
      seen = seen + 1
      if row.content:find("coffee") then tools.notify(row.author .. " wants coffee") end
    end)
    function on_stop() tools.kv_set("seen", seen) end
"""


def files() -> Mapping[str, str]:
    """Path within `lua/` -> text."""
    return {"_meta/tools.lua": meta(), "help/scripting.md": page()}


def meta() -> str:
    """The annotations for lua-language-server, as one file of Lua."""
    parts = [_META_HEAD]
    parts += [_class(shape) for shape in SHAPES]
    parts.append("---@class chatd.Tools\ntools = {}\n")
    parts += [_annotated(function) for function in FUNCTIONS]
    parts += [_annotated_callback(callback) for callback in CALLBACKS]
    return "\n".join(parts)


def _class(shape: Shape) -> str:
    fields = [f"---@field {field.name} {field.type} {field.text}".rstrip() for field in shape.fields]
    return "\n".join([f"---{shape.text}", f"---@class chatd.{shape.name}", *fields]) + "\n"


def _annotated(function: Function) -> str:
    lines = [f"---{function.text}", f"---Works {function.where}."]
    if function.waits:
        lines.append("---@async")
    lines += [_param(parameter) for parameter in function.parameters]
    if function.result:
        lines.append(f"---@return {function.result}")
    return "\n".join([*lines, f"function tools.{function.name}({_listed(function.parameters)}) end"]) + "\n"


def _annotated_callback(callback: Callback) -> str:
    lines = [f"---{callback.text}", *(_param(parameter) for parameter in callback.parameters)]
    register = ", ".join(f"{parameter.name}: {parameter.type}" for parameter in callback.parameters)
    return "\n".join([
        *lines, f"function {callback.name}({_listed(callback.parameters)}) end\n",
        f"---Registers a function more for `{callback.name}`.", f"---@param f fun({register})",
        f"function tools.{callback.name}(f) end",
    ]) + "\n"  # fmt: skip


def _param(parameter: Parameter) -> str:
    mark = "?" if parameter.optional else ""
    return f"---@param {parameter.name}{mark} {parameter.type}"


def _listed(parameters: tuple[Parameter, ...]) -> str:
    return ", ".join(parameter.name for parameter in parameters)


def page() -> str:
    """The help page on scripts."""
    parts = [_PAGE_HEAD, "## Callbacks\n", "\n".join(map(_callback_item, CALLBACKS)) + "\n"]
    parts.append("`tools.NAME(f)` registers more functions for the callback NAME.\n")
    for title, functions in GROUPS:
        parts.append(f"## {title}\n")
        parts.append("\n".join(map(_function_item, functions)) + "\n")
    parts.append("## Tables\n")
    parts += [f"- **{shape.name}**: {', '.join(field.name for field in shape.fields)}" for shape in SHAPES]
    return "\n".join(parts).rstrip() + "\n"


def _callback_item(callback: Callback) -> str:
    return f"- `{callback.name}({_listed(callback.parameters)})` {callback.text}"


def _function_item(function: Function) -> str:
    shown = ", ".join(p.name + "?" if p.optional else p.name for p in function.parameters)
    notes = ["waits"] if function.waits else []
    notes += [] if function.where is Where.SESSION else [function.where]
    more = f" ({'; '.join(notes)})" if notes else ""
    return f"- `tools.{function.name}({shown})` {function.text}{more}"


def main(arguments: list[str]) -> int:
    """Write the files that are made from the tables into the directory named."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m chatd.tasks.scripts.api_files DIRECTORY\n")
        return 64
    for name, text in files().items():
        path = Path(arguments[0]) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
