import json

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
