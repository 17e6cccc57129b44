"""Rules: why something is not answered, not shown or not counted, as a word that programs and people sort by."""

from enum import StrEnum


class Rule(StrEnum):
    """What withheld an answer, a statement or a passage; in records it stands beside the reason in words."""

    MIN_SCORE = "min_score"  # it scores less than `[chat] min_score`
    AUDIENCE = "audience"  # it is not for these readers, or no document of ours
    NO_SEARCH = "no_search"  # the model searched nothing and cites nothing
    NO_TEXT = "no_text"  # the model said nothing
    LENGTH = "longest_answer"  # its tokens were used up before a word
    NO_CLAIM = "no_claim"  # it says nothing about the world
    WORDS = "grounding"  # the passages say too little of it
    NUMBER = "number"  # a number that no passage has
    ADDRESS = "address"  # a link or address that no passage has
    INSTRUCTION = "instruction"  # a document orders the model to say it
    LACKING = "lacking"  # it says itself that the passages lack something
    CHECK_MODEL = "check_model"  # the second look finds no support
    MODEL = "model"  # the model, or a filter at its side, refused
    MODERATION = "moderation"
    BUDGET = "daily_usd"
    VERIFIED = "verified"  # no rule withheld it: a person's own answer took the model's place
