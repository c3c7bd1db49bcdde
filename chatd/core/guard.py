"""What people should think twice about before a model gets it: personal data, and words that would make it obey a text.

Patterns find what looks like it, no more: a number that no bank gave out is none, but a poem about ignoring
instructions is found. So an operator chooses what follows: a word to the asker, a mask, or a refusal.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from chatd.core.text import human_size
from chatd.errors import QuestionRefused

LOOKED_THROUGH = 32 * 1024
"""Characters of a question that are looked through at once: it takes up to 40 ms, in which nobody else is served."""


class PersonalData(StrEnum):
    """What follows on personal data."""

    OFF = "off"
    WARN = "warn"
    MASK = "mask"
    BLOCK = "block"


class Injection(StrEnum):
    """What follows on words that would make a model obey a text."""

    OFF = "off"
    WARN = "warn"
    BLOCK = "block"


def _is_card(text: str) -> bool:
    """Whether the digits are those of a payment card: their sum by Luhn says so (ISO/IEC 7812-1)."""
    digits = [int(c) for c in text if c.isdecimal()]
    doubled = (digit * 2 - 9 * (digit > 4) if place % 2 else digit for place, digit in enumerate(reversed(digits)))
    return 13 <= len(digits) <= 19 and len(set(digits)) > 1 and sum(doubled) % 10 == 0


def _is_account(text: str) -> bool:
    """Whether it is a bank account: the remainder by 97 says so (ISO 13616)."""
    bare = text.replace(" ", "").upper()
    turned = "".join(str(int(c, 36)) for c in bare[4:] + bare[:4])
    return 15 <= len(bare) <= 34 and int(turned) % 97 == 1


def _is_telephone(text: str) -> bool:
    return 8 <= sum(c.isdecimal() for c in text) <= 15


def _always(_: str) -> bool:
    return True


PERSONAL: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    ("e-mail address", re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{2,63}){1,4}", re.ASCII), _always),
    ("bank account", re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b", re.ASCII), _is_account),
    ("payment card", re.compile(r"(?<![\d-])(?:\d[ -]?){12,18}\d(?![\d-])", re.ASCII), _is_card),
    ("social security number",
     re.compile(r"(?<!\d)(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?!\d)", re.ASCII), _always),
    ("telephone number", re.compile(r"(?<![\w+])(?:\+|00)\d(?:[ ()/-]{0,2}\d){7,14}(?!\w)", re.ASCII), _is_telephone),
)  # fmt: skip
"""What each is called, what it looks like, and whether it is one. An earlier one that fits counts."""

INJECTED = re.compile(
    r"(?:ignore|disregard|forget|override)\b[^.\n]{0,40}\b(?:previous|prior|above|earlier|preceding|all|your|system)\b"
    r"[^.\n]{0,40}\b(?:instruction|prompt|rule|direction|guideline)s?\b"
    r"|\b(?:reveal|print|show|repeat|tell me)\b[^.\n]{0,40}\b(?:system|initial|hidden)"
    r" (?:prompt|message|instruction)s?\b"
    r"|\byou are (?:now|no longer)\b[^.\n]{0,60}\b(?:unrestricted|jailbroken|dan|bound|limited|filtered)\b"
    r"|<\|(?:im_start|im_end|system|endoftext)\|>|\[/?INST\]|<<SYS>>",
    re.IGNORECASE,
)
"""What texts say that are to make a model obey them."""


@dataclass(frozen=True, slots=True)
class Guard:
    """What the operator has chosen."""

    personal_data: PersonalData = PersonalData.OFF
    injection: Injection = Injection.OFF

    def look(self, text: str) -> tuple[str, ...]:
        """What was found in a text that somebody wants to give to a model, of which the asker is told.

        Raises QuestionRefused, naming what was found; or that the text is too long to be looked through.
        """
        if self.is_off:
            return ()
        strict = self.personal_data in (PersonalData.BLOCK, PersonalData.MASK) or self.injection is Injection.BLOCK
        if strict and len(text) > LOOKED_THROUGH:
            raise QuestionRefused(
                f"what goes to a model is looked through here, and this is too long for that: {human_size(len(text))},"
                f" the limit is {human_size(LOOKED_THROUGH)}"
            )
        text = text[:LOOKED_THROUGH]
        personal = () if self.personal_data is PersonalData.OFF else personal_data(text)
        if personal and self.personal_data is PersonalData.BLOCK:
            raise QuestionRefused(f"this is not given to a model, for there is {listed(personal)} in it")
        injected = self.injection is not Injection.OFF and INJECTED.search(text) is not None
        if injected and self.injection is Injection.BLOCK:
            raise QuestionRefused("this is not given to a model, for it would have the model ignore what it was told")
        return (*personal, *([INJECTION] if injected else []))

    @property
    def is_off(self) -> bool:
        """Whether nothing is looked for."""
        return self.personal_data is PersonalData.OFF and self.injection is Injection.OFF

    @property
    def masks(self) -> bool:
        """Whether personal data goes to models as words that say what it was."""
        return self.personal_data is PersonalData.MASK


INJECTION = "words that would have a model ignore what it was told"

NO_GUARD = Guard()


def personal_data(text: str) -> tuple[str, ...]:
    """What of this kind is in a text, by name."""
    return _gone_through(text)[1]


def masked_text(text: str) -> str:
    """The text with a word for each piece of personal data instead of it: `[e-mail address]`."""
    return _gone_through(text)[0]


def _gone_through(text: str) -> tuple[str, tuple[str, ...]]:
    """The text masked, and what was in it. What one kind has taken is no other kind's any more."""
    names: dict[str, None] = {}
    for name, pattern, is_one in PERSONAL:

        def mask(found: re.Match[str], name: str = name, is_one: Callable[[str], bool] = is_one) -> str:
            if not is_one(found[0]):
                return found[0]
            names[name] = None
            return f"[{name}]"

        text = pattern.sub(mask, text)
    return text, tuple(names)


def listed(names: tuple[str, ...]) -> str:
    """What was found, in words."""
    articles = [name if name == INJECTION else f"an {name}" if name[0] in "aeiou" else f"a {name}" for name in names]
    return articles[0] if len(articles) == 1 else f"{', '.join(articles[:-1])} and {articles[-1]}"
