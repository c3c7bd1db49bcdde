"""Credentials as values: how long each is good, whose it is, and what its secret, its hash and its id look like."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.core.credentials import (
    MAX_LABEL,
    MAX_SECRET,
    SECRET_BYTES,
    SESSION_IDLE_DAYS,
    TOKEN_DAYS,
    USE_NOTED_MS,
    Credential,
    CredentialKind,
    code_text,
    digest_of,
    label_of,
    session_end,
    speakable,
    token_end,
    token_text,
)
from chatd.core.times import DAY_MS, HOUR_MS
from chatd.core.visit import Kind, Visitor
from chatd.errors import UsageError

NOW = 1_700_000_000_000
TOKEN = Credential("bakolu", CredentialKind.TOKEN, "00", "alice", "K1", NOW, NOW + HOUR_MS)
SESSION = replace(TOKEN, kind=CredentialKind.SESSION, expires_at=session_end(NOW))

NAMES, KEYS = st.sampled_from(["alice", "ali", "bob"]), st.sampled_from(["K1", "K2", "K3"])


def test_a_token_is_good_until_it_expires_however_it_is_used() -> None:
    assert TOKEN.is_good(NOW) and TOKEN.is_good(NOW + HOUR_MS - 1)
    assert not TOKEN.is_good(NOW + HOUR_MS)
    assert not TOKEN.used(NOW + HOUR_MS - 1).is_good(NOW + HOUR_MS)


def test_a_session_is_good_for_as_long_as_it_is_used() -> None:
    late = NOW + SESSION_IDLE_DAYS * DAY_MS - 1
    assert SESSION.is_good(late) and not SESSION.is_good(late + 1)
    assert SESSION.used(late).is_good(late + SESSION_IDLE_DAYS * DAY_MS - 1)


@given(st.lists(st.integers(0, 10 * USE_NOTED_MS), max_size=50))
def test_uses_are_noted_once_a_minute_at_most(uses: list[int]) -> None:
    credential, noted = TOKEN, list[int]()
    for at in sorted(uses):
        if credential.is_worth_noting(NOW + at):
            credential = credential.used(NOW + at)
            noted.append(at)
    assert all(later - earlier >= USE_NOTED_MS for earlier, later in itertools.pairwise(noted))
    assert not uses or noted[0] == min(uses), "the first one always is"
    assert not uses or max(uses) - noted[-1] < USE_NOTED_MS, "and what is noted is the truth to the minute"


def test_a_clock_that_was_set_back_notes_nothing_older() -> None:
    assert not TOKEN.used(NOW).is_worth_noting(NOW - DAY_MS)


@given(NAMES, KEYS, NAMES, KEYS)
def test_it_belongs_to_its_name_and_to_its_key(name: str, key: str, whose: str, with_key: str) -> None:
    credential = replace(TOKEN, name=name, fingerprint=key)
    assert credential.is_of(Visitor(whose, Kind.MEMBER, with_key)) == (name == whose or key == with_key)


@pytest.mark.parametrize(
    ("lifetime", "ms"),
    [(None, TOKEN_DAYS * DAY_MS), ("90d", 90 * DAY_MS), ("1h", HOUR_MS), ("2w", 14 * DAY_MS), ("366d", 366 * DAY_MS)],
)
def test_a_lifetime_as_people_write_it(lifetime: str | None, ms: int) -> None:
    assert token_end(NOW, lifetime) == NOW + ms


@pytest.mark.parametrize(
    "lifetime", ["", "90", "d", "0d", "0h", "-1d", "367d", "53w", "9999w", "1.5d", "1y", "٣d", "1d1h"]
)
def test_what_is_no_lifetime_is_refused_in_words(lifetime: str) -> None:
    with pytest.raises(UsageError, match=r"36h is|is good for 1h to 366d"):
        token_end(NOW, lifetime)


def test_a_label_is_one_safe_line() -> None:
    assert label_of("  backup\x1b[2J\nof\u202e alice ") == "backup␛[2J␤of alice"
    with pytest.raises(UsageError, match=f"the limit is {MAX_LABEL} bytes"):
        label_of("é" * MAX_LABEL)


@given(st.binary(min_size=SECRET_BYTES, max_size=SECRET_BYTES))
def test_a_secret_needs_no_escape_anywhere_and_is_not_its_hash(random: bytes) -> None:
    for secret in (token_text(random), code_text(random)):
        assert re.fullmatch(r"[A-Za-z0-9_-]{43,49}", secret)
        assert re.fullmatch(r"[0-9a-f]{64}", digest_of(secret) or "")
    assert token_text(random).startswith("chatd_")
    assert digest_of(token_text(random)) != digest_of(code_text(random))


@given(st.text())
def test_any_text_may_be_shown_as_a_secret(text: str) -> None:
    if len(text) > MAX_SECRET or not re.fullmatch("[!-~]+", text):
        assert digest_of(text) is None
    else:
        assert digest_of(text) is not None


def test_a_long_text_is_not_even_hashed() -> None:
    assert digest_of("a" * MAX_SECRET) is not None and digest_of("a" * (MAX_SECRET + 1)) is None


@given(st.binary(min_size=1, max_size=5))
def test_an_id_can_be_said(random: bytes) -> None:
    assert re.fullmatch(r"([bdfgjklmnprstvz][aeiou])+", speakable(random)) and len(speakable(random)) == 2 * len(random)


def test_ids_of_three_syllables_are_many() -> None:
    assert len({speakable(bytes([one])) for one in range(256)}) == 75
