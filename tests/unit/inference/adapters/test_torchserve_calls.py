from __future__ import annotations

import json
from pathlib import Path

from loupe_inference.adapters.torchserve_calls import TokenFile


def _write(path: Path, inference: str) -> None:
    keys = {
        "management": {"key": "m", "expiration time": "later"},
        "inference": {"key": inference},
        "API": {"key": "a"},
    }
    path.write_text(json.dumps(keys))


def test_token_file__says_the_token_of_each_kind(tmp_path: Path) -> None:
    path = tmp_path / "key_file.json"
    _write(path, "i")
    tokens = TokenFile(path)

    assert tokens.metadata("inference") == (("authorization", "Bearer i"),)
    assert tokens.metadata("management") == (("authorization", "Bearer m"),)


def test_token_file__new_tokens_of_a_restarted_server(tmp_path: Path) -> None:
    path = tmp_path / "key_file.json"
    _write(path, "old")
    tokens = TokenFile(path)
    tokens.metadata("inference")

    assert not tokens.read_again(), "nothing new: no use to try again"
    path.unlink()
    assert not tokens.read_again(), "the server has not written them yet"
    path.write_text('{"management": {')
    assert not tokens.read_again(), "it is writing them"
    _write(path, "new")
    assert tokens.read_again()
    assert tokens.metadata("inference") == (("authorization", "Bearer new"),)


def test_token_file__tokens_are_off() -> None:
    tokens = TokenFile(None)

    assert tokens.metadata("inference") == ()
    assert not tokens.read_again()
