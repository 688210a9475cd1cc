"""Which passwords are taken."""

from __future__ import annotations

import pytest

from loupe_auth.domain import passwords
from loupe_auth.domain.errors import PasswordTooWeak


def _check(password: str) -> None:
    passwords.check("password", password, email="ada@plant.example", display_name="Ada Lovelace")


@pytest.mark.parametrize(
    "password",
    [
        "seven green bicycles",
        "correct horses",
        "xK9#mQ2$vL7!",
        "비밀번호는 길어야 합니다",
        "loupe sees tiny cracks",
    ],
)
def test_check__good(password: str) -> None:
    _check(password)


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "x" * 129,
        "aaaaaaaaaaaaaa",
        "1234567890",
        "9876543210",
        "abcdefghijklmn",
        "Password2026!",
        "P@ssw0rd1234",
        "qwertyuiop12",
        "ada lovelace 1",
        "AdaLovelace2026",
        "welcome-admin1",
        "LoupeFactory1",
    ],
)
def test_check__weak(password: str) -> None:
    with pytest.raises(PasswordTooWeak) as caught:
        _check(password)
    assert caught.value.fields[0].field == "password"
