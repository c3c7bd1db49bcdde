"""What the doctor knows: keywords, what to look for around them, and what to say then.

The form follows Weizenbaum's ELIZA (1966), the wording is our own. `SCRIPT` has three levels: keywords that share their
rules, with the rank that decides between several (of equals the first said wins); under them patterns; under these the
answers, which are used in turn.

A pattern is a row of words. `*` stands for any number of words and `@group` for one word of `GROUPS`; these are its
parts, numbered from 1. `(1)` in an answer repeats what a part stood for, seen from the other side; an answer that would
repeat an empty part is passed over. `=word` goes on with the rules of another keyword, `:next` with those of the next
keyword that was found. An answer after `+` is a memory: kept, and said when nothing else is to be said.
"""

GREETING = "Hello, I am glad that you came. What would you like to talk about?"
SILENCE = (
    "You are very quiet. What is on your mind just now?",
    "Take your time. I am here when you want to go on.",
)
GOODBYES = (
    "Goodbye, it was good to talk with you. Come back whenever you like.",
    "Take good care of yourself until we talk again.",
)
FAREWELLS = "bye goodbye quit exit ciao farewell"

NOTHING = (
    "I am not sure that I follow you. Can you say it in other words?",
    "What does that mean to you?",
    "Please go on, I am listening to you.",
    "How do you feel when you say that?",
    "Let us stay with that for a moment. What comes to your mind?",
    "That sounds important. Where does it come from, do you think?",
)

READ_AS = """
dont = don't; cant = can't; cannot = can't; wont = won't; im = i am; i'm = i am; ive = i have; i've = i have
i'd = i would; i'll = i will; youre = you are; you're = you are; you've = you have; you'd = you would; u = you
you'll = you will; ur = your; maybe = perhaps; mum = mother; mom = mother; dad = father; everybody = everyone
nobody = no-one; dreamt = dreamed; what's = what is; who's = who is; that's = that is; it's = it is
"""
"""How words are read before anything is looked for: what means the same becomes the same."""

GIVEN_BACK_AS = """
i am = you are; am i = are you; i was = you were; was i = were you
you are = I am; are you = am I; you were = I was; were you = was I
i = you; me = you; my = your; mine = yours; myself = yourself
you = I; your = my; yours = mine; yourself = myself
"""
"""How words are given back, seen from the other side; pairs go before single words."""

OBJECT_AFTER = """
about after against at before behind by for from in like of on than to towards with without ask asked believe
give hate help know love miss need see tell told trust understand want thank met hear
"""
"""After these, and at the end, "you" is given back as "me"."""

GROUPS = {
    "family": "mother father sister brother wife husband son daughter child children parents family grandmother uncle",
    "sad": "sad unhappy depressed lonely miserable down hopeless sick lost empty tired",
    "glad": "happy glad better cheerful proud grateful calm relieved",
    "belief": "think believe suppose guess wish hope fear feel",
    "wish": "want need desire",
    "love": "love like hate miss",
    "be": "am is are was were",
    "kill": "kill hurt harm",
    "can": "can could",
}

SCRIPT = """
suicide suicidal 99
  *
    I am only a small program, and this matters: please talk to someone near you, or call a crisis line, today.
    This is more than a program can carry with you. Is there a person you can call right now?
myself 98
  * @kill myself *
    =suicide
  *
    :next
computer computers machine machines robot bot program ai eliza doctor 50
  *
    Does it trouble you to talk with a machine?
    What can a machine have to do with what is on your mind?
    Why do you bring up machines just now?
    Would you speak of this in the same way to a person?
name names 15
  *
    Names matter less to me than people do. What brings you here?
    What is it about names that you would like to say?
alike same resembles resemble 10
  *
    What do the two have in common, as you see it?
    Where does the likeness end?
    Of what else does that likeness remind you?
like 9
  * @be * like *
    =alike
  *
    :next
remember 5
  * i remember *
    What else comes back to you when you remember (2)?
    How do you feel now when you think of (2)?
    Why does (2) come back to you today?
  * you remember *
    What should I have remembered about (2)?
    Why is it worth going back to (2)?
  *
    Which memories stay with you most?
    Do you often look back?
dream dreams dreamed nightmare nightmares 4
  * i dreamed *
    What was it like to dream (2)?
    Have you dreamed (2) more than once?
  *
    What do you make of that dream?
    Who else appears in your dreams?
    Is there something of the dream in your days, too?
if 3
  * if *
    How likely is it, do you think, that (2)?
    What would you do if (2)?
    And if it never comes about that (2), what then?
  *
    :next
my 2
  * my @family *
    Tell me more about your (2).
    How do you get on with your (2) these days?
    What comes to your mind first when you think of your (2)?
    + Earlier you spoke of your (2). How does that fit in here?
    + Could this have to do with your (2)?
  my *
    Your (1): what comes to your mind about that?
    How do you live with that, your (1)?
    Since when has it been so?
    + Let us go back to something you told me: your (1).
    + Has this anything to do with what you told me, your (1)?
  * my *
    :next
    + A while ago you told me that (1) your (2). Is that still on your mind?
    + Let us go back to something: you said that (1) your (2).
  *
    :next
everyone always never no-one everything nothing 2
  *
    Can you think of one exception to that?
    Is it truly so each time, or does it feel so today?
    Whom do you have in mind in particular?
    When was it last like that?
because 2
  *
    Is that the whole reason, do you think?
    What other reasons might there be?
    Does that reason explain anything else, too?
was were 2
  * was i *
    What if you had been (2)?
    Do you think that you were (2)?
  * i was *
    What was it like to be (2)?
    Were you really (2)?
    Why do you tell me just now that you were (2)?
  *
    :next
work job boss office colleague colleagues meeting deadline 3
  *
    What does your work mean to you?
    How much of the day do you carry that around with you?
    Who at work knows how you feel about it?
code bug bugs server software 3
  *
    How does it make you feel when it does not do what you meant?
    What would you tell a friend who was stuck at that point?
    Suppose it worked by tomorrow. What would you do next?
sorry apologise apologize 2
  *
    There is nothing to be sorry for. Please go on.
    What made you feel that you had to say sorry?
thanks thank 2
  *
    You are welcome. What else would you like to talk about?
    It is good to hear that. How do you feel now?
help 2
  * help me *
    What kind of help would do you good?
    Who else could help you (2)?
  *
    :next
i 1
  * am i *
    Would you like to be (2)?
    Who told you that you are (2)?
  * why can't i *
    What have you tried so far, to (2)?
    Do you think that you should be able to (2)?
  * @can i *
    What keeps you from it, if you want to (3)?
    Whose leave do you need to (3)?
  * i @wish *
    Why do you (2) (3)?
    What would change for you if you had what you (2)?
    How long have you known that you (2) (3)?
  * i am * @sad *
    I am sorry to hear that you are (3). When did it begin?
    What do you think has made you (3)?
    Is there anyone who knows that you are (3)?
  * i feel * @sad *
    What has been making you feel (3)?
    Do you often feel (3), or is it only today?
    When you feel (3), what do you usually do?
  * i @be * @glad *
    It is good to hear about you being (4). What has changed?
    What is it that makes you (4)?
  * i feel that *
    What makes you feel that (2)?
    Since when have you felt that (2)?
  * i feel *
    Tell me more about feeling (2).
    Do you often feel (2)?
    What is it that lets you feel (2)?
  * i @love *
    What is it about (3) that you (2)?
    Have you always been one to (2) (3)?
  * i @belief *
    Why do you (2) (3)?
    Would others agree with you, or are you alone with that?
    Since when is it that you (2) (3)?
  * i am *
    How long have you been (2)?
    What does it mean to you to be (2)?
    Did you come here because you are (2)?
  * i can't *
    What stops you when you try to (2)?
    What would you need, to be able to (2)?
  * i don't *
    What would happen if you did (2)?
    Does it trouble you that you don't (2)?
  * i have *
    You have (2), you say. How does that make you feel?
    What would be different if you did not have (2)?
  * i *
    You say that you (2). What led to that?
    How do you feel about it, now that you have said that you (2)?
    Can you tell me more about how you (2)?
  *
    We were speaking of you. Please go on.
    What do you want to tell me about yourself?
yes yeah sure 1
  *
    You seem quite certain of that.
    I see. Can you tell me a little more?
no nope 1
  *
    Are you saying no just to be on the safe side?
    Why not, if I may ask?
    What would have to happen for a yes?
perhaps probably 1
  *
    You do not sound quite certain.
    What would make you more sure about it?
hello hi hey greetings 1
  *
    Hello, how are you feeling today?
    Good to see you. What shall we talk about?
can could 0
  * @can you *
    You would like me to (3), wouldn't you?
    What would it give you if I could (3)?
  *
    :next
what how when where who which why 0
  * why don't you *
    Do you think that I should (2)?
    Perhaps in good time I will (2). What about you?
  *
    Why do you ask that question?
    What answer would please you most?
    What do you think yourself?
    Whom else have you asked about it?
you your yours 0
  * you are *
    What makes you think that I am (2)?
    Does it help you to believe that I am (2)?
  * are you *
    Does it matter to you whether I am (2)?
    What would it change if I were (2)?
  * you * me *
    Why do you think that I (2) you?
    When did you first feel that I (2) you?
  * your *
    Why does it concern you, my (2)?
    And what about your own (2)?
  *
    We were talking about you, not about me.
    Let us rather speak of you. How are you today?
"""
