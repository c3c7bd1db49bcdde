"""Conversations with the doctor. The method is Weizenbaum's; each test names the step of it that it shows."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.builtin import doctor_script as script
from chatd.builtin.doctor import MAX_CLAUSE_WORDS, MAX_MEMORIES, MAX_WORD, Doctor, answer

WORDS = [
    "i",
    "you",
    "my",
    "me",
    "am",
    "are",
    "feel",
    "sad",
    "if",
    "mother",
    "like",
    "was",
    "can't",
    "but",
    ",",
    ".",
    "?",
]

texts = st.lists(
    st.one_of(st.sampled_from(WORDS), st.text()),
    max_size=12,
).map(" ".join)

FORGETFUL = "hm"  # words without a keyword


def said(*texts: str) -> str:
    """The answer to the last of these texts."""
    return answer(texts[:-1], texts[-1])


@settings(deadline=None)
@given(st.lists(texts, max_size=5), texts)
def test_the_same_conversation_gets_the_same_answer(history: list[str], question: str) -> None:
    doctor = Doctor()
    for text in history:
        doctor.reply(text)
    assert answer(history, question) == doctor.reply(question) == answer(history, question)


@settings(deadline=None)
@given(st.lists(texts, min_size=1, max_size=5))
def test_every_answer_is_a_sentence_of_several_words(history: list[str]) -> None:
    doctor = Doctor()
    for text in history:
        reply = doctor.reply(text)
        assert len(reply.split()) > 2
        assert reply[-1] in ".?"
        assert reply == " ".join(reply.split())
        assert "(" not in reply or "(" in "".join(history)
        assert "  " not in reply


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("I feel sad", "What has been making you feel sad?"),
        ("i am so lonely.", "I am sorry to hear that you are lonely. When did it begin?"),
        ("I'm a teacher in Berlin", "How long have you been a teacher in Berlin?"),
        ("I want to be with you", "Why do you want to be with me?"),
        ("I think that you hate me!", "Why do you think that I hate you?"),
        ("are you real?", "Does it matter to you whether I am real?"),
        ("Can you sing?", "You would like me to sing, wouldn't you?"),
        ("You never listen to me", "Can you think of one exception to that?"),
        ("Was I wrong?", "What if you had been wrong?"),
        ("I was in Rome", "What was it like to be in Rome?"),
        ("If I leave you", "How likely is it, do you think, that you leave me?"),
        ("I don't know", "What would happen if you did know?"),
        ("Why can't I sleep?", "What have you tried so far, to sleep?"),
        ("I wrote your program", "Does it trouble you to talk with a machine?"),
        ("My brother is ill", "Tell me more about your brother."),
        ("I AM TIRED", "I am sorry to hear that you are tired. When did it begin?"),
        ("I\u2019m tired", "I am sorry to hear that you are tired. When did it begin?"),
        ("@eliza hello", "Hello, how are you feeling today?"),
    ],
)
def test_a_part_of_what_was_said_comes_back_seen_from_the_other_side(text: str, reply: str) -> None:
    assert said(text) == reply


def test_of_several_keywords_the_highest_rank_is_answered() -> None:
    assert said("I dreamed about my computer") == "Does it trouble you to talk with a machine?"
    assert said("I dreamed about my mother") == "What was it like to dream about your mother?"


def test_the_first_clause_that_has_a_keyword_is_answered() -> None:
    assert said("Well, the weather is fine. I feel sad, my computer too") == "What has been making you feel sad?"
    assert said("Rain but I feel sad") == "What has been making you feel sad?"
    assert said("About 3.14 I feel sad") == "What has been making you feel sad?"


def test_answers_to_one_pattern_take_turns() -> None:
    doctor = Doctor()
    replies = [doctor.reply("I feel sad") for _ in range(4)]
    assert len(set(replies[:3])) == 3
    assert replies[3] == replies[0]


def test_an_answer_that_would_repeat_nothing_is_passed_over() -> None:
    assert said("help me") == "What kind of help would do you good?"
    assert said("help me", "help me") == "What kind of help would do you good?"
    assert said("help me", "help me with it") == "Who else could help you with it?"


def test_a_keyword_can_send_to_another_one() -> None:
    assert said("You are like my father") == "What do the two have in common, as you see it?"
    assert said("I hurt myself") == said("suicide")
    assert "someone near you" in said("I want to kill myself")


def test_a_keyword_that_has_no_answer_gives_way_to_the_next() -> None:
    assert said("I like my dog") == "What is it about your dog that you like?"


def test_what_was_said_of_one_s_own_is_remembered_until_nothing_else_is_to_be_said() -> None:
    story = ("My mother is strict", "My dog died", "I feel sad")
    assert said(*story, FORGETFUL) == "Earlier you spoke of your mother. How does that fit in here?"
    assert said(*story, FORGETFUL, FORGETFUL) == "Let us go back to something you told me: your dog died."
    assert said(*story, *[FORGETFUL] * 3) == script.NOTHING[0]


def test_memory_is_bounded_and_the_oldest_goes_first() -> None:
    story = [f"My pet number {n} died" for n in range(MAX_MEMORIES + 2)]
    assert "number 2" in said(*story, FORGETFUL)


def test_without_keyword_and_memory_something_that_always_fits_is_said() -> None:
    doctor = Doctor()
    assert [doctor.reply(FORGETFUL) for _ in script.NOTHING] == list(script.NOTHING)
    assert doctor.reply("你好，世界") == script.NOTHING[0]


def test_silence_is_greeted_then_asked_about() -> None:
    assert said("") == script.GREETING
    assert said("", " \n ?!") == script.SILENCE[0]
    assert said("hm", "") == script.SILENCE[0]


def test_goodbye_is_goodbye_unless_it_is_a_topic() -> None:
    assert said("Bye!") == script.GOODBYES[0]
    assert said("bye", "goodbye doctor") == script.GOODBYES[1]
    assert said("exit codes are what I never understand") != script.GOODBYES[0]


@pytest.mark.parametrize(
    "text",
    [
        *("you " * 4096, "my " * 5461, "i you me " * 1820, "if i am you, " * 1260, "x but " * 2730, "x, " * 5461),
        *("a" * 16384, "." * 16383 + "x", ". " * 8192, " -" * 8192, "@" * 16384),
        *("世" * 5461, "\u0301" * 16384, "\x00" * 16384),
    ],
)
def test_long_texts_cost_little_and_are_not_repeated(text: str) -> None:
    Doctor().reply("warm up: I read the script")
    begun = time.thread_time()
    reply = Doctor().reply(text)
    assert time.thread_time() - begun < 0.2  # ten times what it should be
    assert len(reply) < (MAX_CLAUSE_WORDS + 20) * (MAX_WORD + 1)
