"""Whatever visitors and authors write, looking through it takes time in proportion to its length."""

import re
import time
from collections import deque

import pytest

from tests.patterns import Case, patterns, text_of, worst_cases

OPERATORS_OWN = re.compile(r"cli\.|.*\.(?:settings|setting_types|appearance)\.")
"""What these read is the configuration, which is short and the operator's own."""

TINY, SHORT, LONGER = 16, 500, (2000, 6000)
SUSPICIOUS = 0.15e-3  # seconds; a linear pattern needs a fifth of it for a short text


def test_every_pattern_is_linear_in_its_own_worst_cases() -> None:
    found = [named for named in patterns() if not OPERATORS_OWN.match(named.where)]

    slow = {named.where: worst for named in found if (worst := _super_linear(named.pattern))}

    assert len(found) > 100
    assert slow == {}


@pytest.mark.parametrize(
    "pattern",
    [
        r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+",  # addresses, as many write them
        r"<\W*(?:system|user)",
        r"\s+$",
        r"\[[^\]]*\]",
        r"(?:a|b)+c",
        r"(?:a+)+b",
        r"x\s*\s*y",
    ],
)
def test_what_is_not_linear_is_found(pattern: str) -> None:
    assert _super_linear(re.compile(pattern, re.MULTILINE))


def _super_linear(pattern: re.Pattern[str]) -> Case | None:
    """Return the case whose time grows faster than its length: the slowest one, measured as a ratio."""
    cases = worst_cases(pattern)
    if (worst := _worst(pattern, cases, TINY))[0] > 10 * SUSPICIOUS:  # exponential
        return worst[1]
    cost, case = _worst(pattern, cases, SHORT)
    if cost < SUSPICIOUS:
        return None
    once, thrice = (min(_cost(pattern, text_of(case, length)) for _ in range(3)) for length in LONGER)
    return case if thrice > 5 * once else None  # between 3 and 9


def _worst(pattern: re.Pattern[str], cases: list[Case], length: int) -> tuple[float, Case]:
    return max((_cost(pattern, text_of(case, length)), case) for case in cases)


def _cost(pattern: re.Pattern[str], text: str) -> float:
    """CPU seconds of this thread to find everything in the text."""
    began = time.thread_time()
    deque(pattern.finditer(text), maxlen=0)
    return time.thread_time() - began
