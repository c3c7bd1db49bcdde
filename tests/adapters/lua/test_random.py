"""math.random: the numbers of Lua's own, from a state that each session has for itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lupa.lua55 import LuaRuntime

from chatd.ports import Raised, Returned
from tests.adapters.lua.conftest import Box


@pytest.fixture(scope="module")
def original() -> Callable[..., object]:
    """Lua's own generator."""
    lua = LuaRuntime(register_eval=False, register_builtins=False)
    found: Callable[..., object] = lua.execute("""
      return function(seed, second, n, low, high)
        math.randomseed(seed, second)
        local out = {}
        for i = 1, n do
          local ok, v
          if low == nil then ok, v = pcall(math.random) elseif high == nil then ok, v = pcall(math.random, low)
          else ok, v = pcall(math.random, low, high) end
          out[i] = ok and ("%s %s"):format(math.type(v), tostring(v)) or "error"
        end
        return table.concat(out, "\\n")
      end
    """)
    return found


Integers = st.one_of(st.integers(-5, 5), st.integers(-(2**63), 2**63 - 1), st.sampled_from([2**31, 2**53, 10**6]))


@given(seed=Integers, second=Integers, low=st.none() | Integers, high=st.none() | Integers)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_random_numbers_are_those_of_lua(
    tmp_path_factory: pytest.TempPathFactory, original: Callable[..., object], seed: int, second: int,
    low: int | None, high: int | None,
) -> None:  # fmt: skip
    box = Box(tmp_path_factory.mktemp("random"), {})
    high = high if low is not None else None
    arguments = ", ".join(lua_integer(n) for n in (low, high) if n is not None)
    assert box.run(f"""
      math.randomseed({lua_integer(seed)}, {lua_integer(second)})
      local out = {{}}
      for i = 1, 8 do
        local ok, v = pcall(math.random{", " + arguments if arguments else ""})
        out[i] = ok and ("%s %s"):format(math.type(v), tostring(v)) or "error"
      end
      tools.tell(table.concat(out, "\\n"))
    """) == Returned()  # fmt: skip
    box.script.close()
    assert box.told == [(original(seed, second, 8, low, high),)]


def lua_integer(n: int) -> str:
    return "math.mininteger" if n == -(2**63) else str(n)


@pytest.mark.parametrize(
    ("call", "why"),
    [
        ("math.random(2, 1)", "bad argument #2 to 'random' (interval is empty)"),
        ("math.random(-1)", "bad argument #1 to 'random' (interval is empty)"),
        ("math.random(1.5)", "bad argument #1 to 'random' (number has no integer representation)"),
        ("math.random({})", "bad argument #1 to 'random' (number expected, got table)"),
        ("math.random(1, 2, 3)", "wrong number of arguments"),
        ("math.randomseed('x')", "bad argument #1 to 'randomseed' (number expected, got string)"),
    ],
)
def test_wrong_calls_for_random_numbers_are_errors_at_their_line(box: Box, call: str, why: str) -> None:
    assert box.run(f"\nlocal x = {call} return x") == Raised(f"test:2: {why}")


def test_any_number_seeds(box: Box) -> None:
    for seed in ("1.5", "1e300", "-0.5", "0/0", "1/0"):
        assert box.run(f"math.randomseed({seed}) local a = math.random(1e6) math.randomseed({seed})"
                       " assert(a == math.random(1e6))") == Returned()  # fmt: skip
