"""Codes, refresh tokens, API keys: their form, and what of them is kept."""

from __future__ import annotations

from datetime import timedelta

import pytest

from loupe_auth.domain import api_keys, sessions, verifications
from loupe_kit import ids
from tests.contract.auth import factories

KEY_ID = "0197c3a0-5b1e-7c3d-8e4f-a1b2c3d4e5f6"


def test_code__is_eight_digits_however_it_is_typed() -> None:
    code = verifications.new_code()

    assert len(code) == 8
    assert code.isdigit()
    assert verifications.clean_code(f" {verifications.readable_code(code)} ") == code
    assert verifications.clean_code(f"{code[:4]}-{code[4:]}") == code
    assert len(verifications.clean_code("1" * 1_000_000)) == 9


def test_successor__is_the_same_for_the_same_pair_only() -> None:
    token, nonce = sessions.new_token(), sessions.new_nonce()

    following = sessions.successor(token, nonce)

    assert following == sessions.successor(token, nonce)
    assert len({token, following, sessions.successor(token, sessions.new_nonce())}) == 3
    assert following.startswith("lr_")
    assert len(following) == len(token) == 46


def test_api_key__text_splits_into_id_and_secret() -> None:
    key_id, secret = ids.new_id(), api_keys.new_secret()

    assert api_keys.split_key_text(api_keys.key_text(key_id, secret)) == (key_id, secret)


@pytest.mark.parametrize("text", ["", "lp_", "lp_x_y", f"lp_{KEY_ID}_short", f"xx_{KEY_ID}_{'a' * 48}"])
def test_api_key__other_text_is_none(text: str) -> None:
    assert api_keys.split_key_text(text) is None


def test_api_key__matches_its_secret_only() -> None:
    key = factories.api_key(factories.user())

    assert key.match("secret", factories.NOW) is api_keys.Match.CURRENT
    assert key.match("Secret", factories.NOW) is api_keys.Match.NONE


def test_api_key__previous_secret_works_until_its_time() -> None:
    until = factories.NOW + timedelta(days=7)
    key = factories.api_key(
        factories.user(), previous_secret_hash=api_keys.secret_hash("before"), previous_expire_time=until
    )

    assert key.match("before", until - timedelta(seconds=1)) is api_keys.Match.PREVIOUS
    assert key.match("before", until) is api_keys.Match.NONE
    assert key.match("", factories.NOW) is api_keys.Match.NONE
    assert "secret" not in key.secret_hash
