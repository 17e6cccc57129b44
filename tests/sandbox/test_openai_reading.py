import pytest

from sandbox.openai.reading import Kind, pieces

PAGE = """\
# Lights

Help › Using it

https://help.example.com/lights

They tell you
what happens. Mostly.

## Lights › Blinking

1. Press the button
   for a second.
   - On Android, longer.
2. Wait.

```
blink --now
```

| Light | Meaning | To do |
| --- | --- | --- |
| red | blocked<br>or dirty | clean it |
| blue | ready | |

![a lamp](https://help.example.com/lamp.png)
"""


def test_a_page_is_cut_into_what_can_be_quoted_alone() -> None:
    found = [(one.kind, one.about, one.text) for one in pieces(PAGE)]

    assert found == [
        (Kind.SENTENCE, "Lights", "They tell you what happens."),
        (Kind.SENTENCE, "Lights", "Mostly."),
        (Kind.STEP, "Blinking", "Press the button for a second."),
        (Kind.POINT, "Blinking", "On Android, longer."),
        (Kind.STEP, "Blinking", "Wait."),
        (Kind.ROW, "Light", "**red** – Meaning: blocked, or dirty; To do: clean it"),
        (Kind.ROW, "Light", "**blue**: ready"),
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("| F1 | 24.9 |\n| --- | --- |", ["**F1** – 24.9"]),
        ("| Part | EUR |\n|---|---|\n| F1 | 24.9 |", ["**F1** – EUR: 24.9"]),
        ("> **Note**\n>\n> Only ten a day.", ["Only ten a day."]),
        ("- [ ] Replace it", ["Replace it"]),
        ("Bis 14:00 Uhr. Danach morgen!", ["Bis 14:00 Uhr.", "Danach morgen!"]),
        ("", []),
        ("# Only a title\n\nhttps://help.example.com/x\n", []),
        ("| | |\n|---|---|\n| | |", []),
        ("```\nnever closed", []),
    ],
)
def test_other_forms_are_read_aloud_too(text: str, told: list[str]) -> None:
    assert [one.text for one in pieces(text)] == told
