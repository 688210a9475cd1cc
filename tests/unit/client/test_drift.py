import json
from pathlib import Path

import pytest

from loupe.project.v1 import drift_service_pb2 as pb
from loupe_client import Client, DriftGroup
from loupe_client.cli.main import _parser
from tests.unit.client.test_client import FakeTransport


@pytest.mark.parametrize(("verdict", "status"), [("RETRAIN", 3), ("LOOK", 0)])
def test_command_line__drift_alarms_by_its_status(
    verdict: str, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    group = pb.DriftGroup(
        value="L3",
        verdict=pb.DriftGroup.Verdict.Value(f"VERDICT_{verdict}"),
        image_count=200,
        unlike_share=0.25,
        chance=0.5,
        sentence="line L3: …",
        query="line:L3 outlier>=0.99",
    )
    transport = FakeTransport({"MeasureDriftRequest": [pb.MeasureDriftResponse(drift_groups=[group])]})
    loupe = Client(transport=transport)
    parsed = _parser().parse_args(["drift", "projects/p", "--by", "line"])

    assert parsed.run(loupe, parsed) == status

    assert transport.asked == [pb.MeasureDriftRequest(parent="projects/p", group_by="line")]
    told = json.loads(capsys.readouterr().out)
    assert told["verdict"] == verdict
    assert DriftGroup(**told).unlike_share == 0.25


def test_command_line__a_watch_is_changed_by_what_is_given(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    secret = tmp_path / "secret"
    secret.write_text("0123456789abcdef\n")
    watch = pb.DriftWatch(reference="tag:golden", group_by="line", every_images=200)
    transport = FakeTransport({"UpdateDriftWatchRequest": [watch]})
    loupe = Client(transport=transport)
    given = ["--reference", "tag:golden", "--every", "200", "--webhook", "https://a/", "--secret-file", str(secret)]
    parsed = _parser().parse_args(["drift-watch", "projects/p", *given])

    assert parsed.run(loupe, parsed) == 0

    (asked,) = transport.asked
    assert asked.update_mask.paths == ["every_images", "reference", "webhook_secret", "webhook_url"]
    assert (asked.drift_watch.name, asked.drift_watch.every_images) == ("projects/p/driftWatch", 200)
    assert asked.drift_watch.webhook_secret == "0123456789abcdef"
    assert json.loads(capsys.readouterr().out)["every_images"] == 200


@pytest.mark.parametrize("people", [["users/ada", "users/bob"], []])
def test_command_line__people_to_mail(people: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    transport = FakeTransport({"UpdateDriftWatchRequest": [pb.DriftWatch(mail_users=people)]})
    loupe = Client(transport=transport)
    parsed = _parser().parse_args(["drift-watch", "projects/p", "--mail", *people])

    assert parsed.run(loupe, parsed) == 0

    (asked,) = transport.asked
    assert (list(asked.update_mask.paths), list(asked.drift_watch.mail_users)) == (["mail_users"], people)
    assert json.loads(capsys.readouterr().out)["mail_users"] == people


def test_command_line__history_turns_pages(capsys: pytest.CaptureFixture[str]) -> None:
    points = [pb.DriftPoint(date=f"2026-11-2{day}", group=pb.DriftGroup(value="L3")) for day in (2, 1)]
    pages = [
        pb.ListDriftPointsResponse(drift_points=points[:1], next_page_token="more"),
        pb.ListDriftPointsResponse(drift_points=points[1:]),
    ]
    loupe = Client(transport=FakeTransport({"ListDriftPointsRequest": pages}))
    parsed = _parser().parse_args(["drift-history", "projects/p", "--value", "L3"])

    assert parsed.run(loupe, parsed) == 0

    told = [json.loads(line)["date"] for line in capsys.readouterr().out.splitlines()]
    assert told == ["2026-11-22", "2026-11-21"]
