"""Backups: the scripts of the chart's jobs, run for real on a real MariaDB; programs of MongoDB and S3 are played."""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from loupe_auth.bootstrap import MIGRATIONS as AUTH
from loupe_kit import sql
from loupe_project.bootstrap import MIGRATIONS as PROJECT
from tests.chart.rendering import CHART, of_kind, render
from tests.integration.kit.conftest import MARIADB_URL, on_mariadb

STEPS = ("mariadb", "mongodb", "objects")
# Both take what they are told and keep it in files: a dump is the address, a bucket is a folder.
PLAYED = {
    "mongodump": 'for one; do case $one in --archive=*) gzip -c "$FEATURES" > "${one#*=}" ;; esac; done',
    "mongorestore": 'for one; do case $one in --archive=*) gunzip -c "${one#*=}" > "$FEATURES" ;; esac; done',
    "rclone": 'from=${2#s3:} to=${3#s3:}; mkdir -p "$to"; cp -r "$from/." "$to/"',
}


class Plant:
    """Stores with something in them, and a volume for backups."""

    def __init__(self, folder: Path, schemas: dict[str, str]) -> None:
        self.folder, self.schemas = folder, schemas
        self.volume, self.features, self.bucket = folder / "volume", folder / "features", folder / "bucket"
        self.volume.mkdir()
        self.bucket.mkdir()
        programs = folder / "bin"
        programs.mkdir()
        for name, script in PLAYED.items():
            (programs / name).write_text(f"#!/bin/sh\nset -eu\n{script}\n")
            (programs / name).chmod(0o755)

    def run(self, action: str, step: str, **more: str) -> subprocess.CompletedProcess[str]:
        variables = {
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "BACKUP_ROOT": str(self.volume),
            "AUTH_URL": self.schemas["auth"],
            "PROJECT_URL": self.schemas["project"],
            "MONGODB_URL": "mongodb://played",
            "FEATURES": str(self.features),
            "BUCKET": str(self.bucket),
            "KEEP": "2",
            **more,
        }
        script = CHART / "files" / "backup" / "run.sh"
        return subprocess.run(["sh", script, action, step], env=variables, capture_output=True, text=True, check=False)

    def backup(self) -> None:
        for step in STEPS:
            done = self.run("backup", step)
            assert done.returncode == 0, done.stderr

    def kept(self) -> list[str]:
        return sorted(path.name for path in self.volume.iterdir() if path.name != "objects")


async def statement(url: str, text_: str) -> list[tuple[object, ...]]:
    engine = sql.create_engine(url)
    try:
        async with engine.begin() as connection:
            done = await connection.execute(text(text_))
            return [tuple(row) for row in done] if done.returns_rows else []
    finally:
        await engine.dispose()


@pytest.fixture
async def plant(tmp_path: Path) -> AsyncIterator[Plant]:
    if not shutil.which("mariadb-dump"):
        pytest.skip("NO mariadb-dump on this machine; install MariaDB's client to run this test")
    names = {service: f"loupe_test_{service}_{uuid.uuid4().hex[:8]}" for service in ("auth", "project")}
    for service, migrations in (("auth", AUTH), ("project", PROJECT)):
        await on_mariadb(f"CREATE DATABASE {names[service]} CHARACTER SET utf8mb4")
        await sql.upgrade(f"{MARIADB_URL}/{names[service]}", migrations)
    yield Plant(tmp_path, {service: f"{MARIADB_URL}/{name}" for service, name in names.items()})
    for name in names.values():
        await on_mariadb(f"DROP DATABASE {name}")


@pytest.mark.cluster
async def test_restore__everything_is_as_it_was(plant: Plant) -> None:
    auth = plant.schemas["auth"]
    await statement(auth, "CREATE TABLE kept (word VARCHAR(20), bytes BLOB) CHARACTER SET utf8mb4")
    await statement(auth, "INSERT INTO kept VALUES ('결함 ☂', x'00ff27')")
    plant.features.write_text("vectors")
    (plant.bucket / "one").write_text("image")
    plant.backup()
    tables = await statement(auth, "SHOW TABLES")
    triggers = await statement(auth, "SHOW TRIGGERS")

    await statement(auth, "DROP TABLE kept")
    plant.features.write_text("lost")
    (plant.bucket / "one").unlink()
    for step in STEPS:
        done = plant.run("restore", step)
        assert done.returncode == 0, done.stderr

    assert await statement(auth, "SELECT * FROM kept") == [("결함 ☂", b"\x00\xff'")]
    assert await statement(auth, "SHOW TABLES") == tables
    # What keeps the audit unchangeable comes back too.
    assert len(await statement(auth, "SHOW TRIGGERS")) == len(triggers) > 0
    assert plant.features.read_text() == "vectors"
    assert (plant.bucket / "one").read_text() == "image"


@pytest.mark.cluster
async def test_backup__old_ones_go_and_broken_ones_never_count(plant: Plant) -> None:
    for name in ("20260101T000000Z", "20260102T000000Z", "20260103T000000Z.part"):
        (plant.volume / name).mkdir()
    plant.features.write_text("vectors")

    plant.backup()

    kept = plant.kept()
    assert len(kept) == 2
    assert kept[0] == "20260102T000000Z"
    assert {path.name for path in (plant.volume / kept[1]).iterdir()} == {
        "auth.sql.gz",
        "project.sql.gz",
        "features.archive.gz",
    }


@pytest.mark.cluster
async def test_backup__a_store_that_is_away_makes_none(plant: Plant) -> None:
    done = plant.run("backup", "mariadb", PROJECT_URL="mariadb://nobody:wrong@127.0.0.1:1/x")

    assert done.returncode != 0
    assert [name for name in plant.kept() if not name.endswith(".part")] == []


def test_restore__without_a_backup_says_so(tmp_path: Path) -> None:
    stores = Plant(tmp_path, {"auth": "", "project": ""})

    assert "There is no backup at all" in stores.run("restore", "mariadb").stderr
    assert "20260101T000000Z" in stores.run("restore", "mariadb", RESTORE="20260101T000000Z").stderr


@pytest.mark.parametrize("ci", ["full", "bundled"])
def test_jobs__run_the_steps_in_order(ci: str) -> None:
    for name, job in of_kind(render(ci), "CronJob").items():
        spec = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
        steps = [one["command"][1:] for one in spec["initContainers"] + spec["containers"]]
        action = name.rpartition("-")[2]
        assert steps == [["/scripts/run.sh", action, step] for step in STEPS]
        assert job["spec"]["suspend"] is (action == "restore")


def test_scripts__are_those_of_the_jobs() -> None:
    scripts = of_kind(render("bundled"), "ConfigMap")["loupe-backup"]["data"]

    assert set(scripts) == {"run.sh", "mariadb.sh", "mongodb.sh", "objects.sh"}
    assert all(scripts[name] == (CHART / "files" / "backup" / name).read_text() for name in scripts)
