"""An ELIZA after the method that Weizenbaum published in 1966.

It answers without any model, network or randomness: of the first clause that holds a keyword the keyword of the highest
rank is taken, its patterns are tried in order, and the answer is put together from what the pattern's parts stood for,
seen from the other side. Without a keyword it comes back to something said earlier, or says something that always fits.

Answers to one pattern take turns, so a conversation is a function of what was said: `answer` replays it.
"""

import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from chatd.builtin import doctor_script as script

MAX_WORDS = 400
"""Words of one text that are looked at; the answer is in the first clauses anyway."""
MAX_CLAUSE_WORDS = 40
"""Words of one clause: an answer repeats up to that many, and the cost of a pattern grows with their square."""
MAX_WORD = 40
"""Characters of one word."""
MAX_MEMORIES = 8
MAX_FAREWELL_WORDS = 3
"""More words than that are no goodbye, whatever they begin with."""

# Western marks end a clause before a blank only ("3.14"); the look-behind keeps a long row of them linear.
_CLAUSE_END = re.compile(
    r"(?<![.,;:!?()\u2026])[.,;:!?()\u2026]+(?=\s|$)|[\n\u3001\u3002\uff01\uff0c\uff1a\uff1b\uff1f]+"
    r"|\s[-\u2013\u2014]+\s|\sbut\s",
    re.IGNORECASE,
)
_PUNCTUATION = " \t\r\v\f.,;:!?'\"`()[]{}<>*_~/\\|-\u2013\u2014\u2018\u201c\u201d\u201e\u2026\xab\xbb\xbf\xa1\xb4"
_PAIR = re.compile("([^=;\n]+) = ([^=;\n]+)")
_READ_AS = {read.strip(): meant for read, meant in _PAIR.findall(script.READ_AS)}
_GIVEN_BACK_AS = {said.strip(): given for said, given in _PAIR.findall(script.GIVEN_BACK_AS)}
_OBJECT_AFTER = frozenset(script.OBJECT_AFTER.split())
_FAREWELLS = frozenset(script.FAREWELLS.split())
_PART = re.compile(r"\(([1-9])\)")


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: re.Pattern[str]
    answers: tuple[str, ...]
    memories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Keyword:
    rank: int
    rules: tuple[_Rule, ...]


@dataclass(slots=True)
class _Draft:
    """A keyword or rule of the script while it is read."""

    head: str
    children: list["_Draft"] = field(default_factory=list)


class Doctor:
    """One conversation. The same texts in the same order get the same answers."""

    def __init__(self) -> None:
        self._turns: dict[tuple[str, ...], int] = {}  # how often each set of answers was used
        self._memories: deque[str] = deque(maxlen=MAX_MEMORIES)
        self._greeted = False

    def reply(self, text: str) -> str:
        """Return the answer to `text`, which may be anything: one or two sentences, never empty."""
        greeted, self._greeted = self._greeted, True
        clauses = _clauses(text)
        if not clauses:
            return self._next(script.SILENCE) if greeted else script.GREETING
        first = clauses[0].lower().split()
        if first[0] in _FAREWELLS and len(first) <= MAX_FAREWELL_WORDS:
            return self._next(script.GOODBYES)
        for clause in clauses:
            if said := self._answer(clause):
                return said
        if self._memories:
            return self._memories.popleft()
        return self._next(script.NOTHING)

    def _answer(self, clause: str) -> str | None:
        """Answer one clause by its keywords, the highest rank first; None when it holds none that has an answer."""
        keywords = _keywords()
        found = dict.fromkeys(word for word in clause.lower().split() if word in keywords)
        waiting = deque(sorted(found, key=lambda word: -keywords[word].rank))
        seen: set[int] = set()
        while waiting:
            keyword = keywords[waiting.popleft()]
            if id(keyword) in seen:
                continue
            seen.add(id(keyword))
            said = self._apply(keyword, clause)
            if said and said.startswith("="):
                waiting.appendleft(said[1:])
            elif said:
                return said
        return None

    def _apply(self, keyword: _Keyword, clause: str) -> str | None:
        """Return the answer of the first rule that fits and has one, `=word` to go on there, None to try the next."""
        for rule in keyword.rules:
            match = rule.pattern.fullmatch(clause)
            if match is None:
                continue
            parts = ["", *(_give_back(part) for part in match.groups())]
            if memory := self._fill(rule.memories, parts):
                self._memories.append(memory)
            said = self._fill(rule.answers, parts)
            if said:
                return None if said == ":next" else said
        return None

    def _fill(self, answers: tuple[str, ...], parts: Sequence[str]) -> str | None:
        """Return the answer whose turn it is, filled in; None when each would repeat a part that is empty."""
        usable = [said for said in answers if all(parts[int(n)] for n in _PART.findall(said))]
        if not usable:
            return None
        turn = self._turns.get(answers, 0)
        self._turns[answers] = turn + 1
        said = _PART.sub(lambda part: parts[int(part[1])], usable[turn % len(usable)])
        return said[0].upper() + said[1:]

    def _next(self, answers: tuple[str, ...]) -> str:
        return self._fill(answers, ()) or script.GREETING


def answer(history: Sequence[str], question: str) -> str:
    """Return what the doctor says to `question`, after `history`: the asker's earlier texts, oldest first.

    A function of its arguments. The cost grows with the history; the caller bounds it.
    """
    doctor = Doctor()
    for text in history:
        doctor.reply(text)
    return doctor.reply(question)


def _clauses(text: str) -> list[str]:
    """Return the clauses of a text that have words, as words parted by single blanks, spelled as the script reads."""
    clauses: list[str] = []
    left = MAX_WORDS
    for clause in _CLAUSE_END.split(text.replace("\u2019", "'")):
        words = [word for word in map(_bare, clause.split(None, left)[:left]) if word]
        left -= len(words)
        if words and all(word.isupper() for word in words if len(word) > 1):
            words = [word.lower() for word in words]
        read = " ".join(_READ_AS.get(word.lower(), word) for word in words).split()[:MAX_CLAUSE_WORDS]
        if read:
            clauses.append(" ".join(read))
        if left <= 0:
            break
    return clauses


def _bare(word: str) -> str:
    """Return a word without the marks around it; "" for a mention, which only says who is spoken to."""
    return "" if word.startswith("@") else word.strip(_PUNCTUATION)[:MAX_WORD]


def _give_back(part: str) -> str:
    """Return what somebody said, seen from the other side: "I am your friend" -> "you are my friend"."""
    words = part.split()
    out: list[str] = []
    while words:
        word = words.pop(0)
        pair = f"{word} {words[0]}".lower() if words else ""
        lower = word.lower()
        if pair in _GIVEN_BACK_AS:
            words.pop(0)
            out.append(_GIVEN_BACK_AS[pair])
        elif lower == "you" and (not words or (out and out[-1].lower() in _OBJECT_AFTER)):
            out.append("me")
        else:
            out.append(_GIVEN_BACK_AS.get(lower, word))
    return " ".join(out)


@cache
def _keywords() -> dict[str, _Keyword]:
    """Return the script's keywords by each of their words. Read once, at the first question."""
    keywords: dict[str, _Keyword] = {}
    for entry in _tree(script.SCRIPT):
        *words, rank = entry.head.split()
        rules = tuple(_rule(draft) for draft in entry.children)
        keywords |= dict.fromkeys(words, _Keyword(int(rank), rules))
    return keywords


def _tree(text: str) -> Iterator[_Draft]:
    """Read lines indented by two blanks a level into trees."""
    roots: list[_Draft] = []
    for line in text.strip().splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        siblings = roots
        for _ in range(depth):
            siblings = siblings[-1].children
        siblings.append(_Draft(line.strip()))
    yield from roots


def _rule(draft: _Draft) -> _Rule:
    said = [child.head for child in draft.children]
    answers = tuple(line for line in said if not line.startswith("+ "))
    return _Rule(_compile(draft.head), answers, tuple(line[2:] for line in said if line.startswith("+ ")))


def _compile(pattern: str) -> re.Pattern[str]:
    """Return the expression for a pattern over words parted by single blanks; each part is a group."""
    out = ""
    for word in pattern.split():
        if word == "*":
            out += "((?:[^ ]+(?: |$))*?)"
        elif word.startswith("@"):
            out += f"({'|'.join(script.GROUPS[word[1:]].split())})(?: |$)"
        else:
            out += f"{re.escape(word)}(?: |$)"
    return re.compile(out, re.IGNORECASE)
