"""Settings come from the environment."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import pytest
from pydantic import ValidationError

from loupe_auth.settings import AuthSettings


def test_settings__standalone_needs_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOUPE_DATA_DIR", "elsewhere")
    settings = AuthSettings()

    assert settings.database == "sqlite:///elsewhere/auth.db"
    assert settings.mailbox == Path("elsewhere/mailbox")
    assert settings.admin_password.get_secret_value() == ""


def test_settings__lists_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOUPE_AUTH_SIGN_UP_DOMAINS", "Plant.example, lab.example")
    monkeypatch.setenv("LOUPE_AUTH_TRUSTED_PROXIES", "10.1.0.0/16,fd00::/8")
    settings = AuthSettings()

    assert settings.sign_up_domains == {"plant.example", "lab.example"}
    assert settings.trusted_proxies == (ip_network("10.1.0.0/16"), ip_network("fd00::/8"))


def test_settings__secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOUPE_AUTH_SMTP_PASSWORD", "hidden-one")
    monkeypatch.setenv("LOUPE_AUTH_ADMIN_PASSWORD", "hidden-two")

    assert "hidden" not in repr(AuthSettings())


@pytest.mark.parametrize(
    ("name", "value"),
    [("SMTP_PORT", "0"), ("HASH_CONCURRENCY", "0"), ("SMTP_SECURITY", "maybe"), ("SESSION_IDLE", "1")],
)
def test_settings__bounds(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"LOUPE_AUTH_{name}", value)

    with pytest.raises(ValidationError):
        AuthSettings()
