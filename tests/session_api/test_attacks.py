"""Forty attacks on the endpoints: none comes through, each is answered in the one shape."""

import pytest

from tests.session_api.attacks import ATTACKS, Attack
from tests.session_api.kit import Shop


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_an_attack_is_refused(acme: Shop, attack: Attack) -> None:
    answer = attack.tried(acme)

    assert (answer.status_code, answer.json()["error"]["code"]) == (attack.status, attack.code)
    assert set(answer.json()["error"]) == {"code", "message", "fix"}
    assert len(answer.text) < 1000
    assert "sk-sandbox" not in answer.text
