from pathlib import Path

import pytest

from loupe_standalone.data_folder import DataFolder, DataFolderInUse


def test_service_token_key__is_made_once_and_kept(tmp_path: Path) -> None:
    with DataFolder(tmp_path / "data") as folder:
        first = folder.service_token_key().get_secret_value()
    with DataFolder(tmp_path / "data") as folder:
        again = folder.service_token_key().get_secret_value()

    assert first == again
    assert len(first) >= 48


def test_data_folder__is_its_owners_alone(tmp_path: Path) -> None:
    with DataFolder(tmp_path / "data") as folder:
        folder.service_token_key()

    assert (tmp_path / "data").stat().st_mode & 0o077 == 0
    assert (tmp_path / "data" / "service-token.key").stat().st_mode & 0o077 == 0


def test_data_folder__second_user_is_told_the_way_out(tmp_path: Path) -> None:
    with DataFolder(tmp_path), pytest.raises(DataFolderInUse, match="LOUPE_DATA_DIR"):
        DataFolder(tmp_path)


def test_data_folder__is_free_again_after_closing(tmp_path: Path) -> None:
    DataFolder(tmp_path).close()

    DataFolder(tmp_path).close()
