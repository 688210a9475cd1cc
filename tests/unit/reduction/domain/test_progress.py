from __future__ import annotations

from loupe_reduction.domain.progress import Phase, PhaseReporter, Progress


def test_phase_reporter__fractions_never_fall_and_end_at_one() -> None:
    told: list[Progress] = []
    phases = PhaseReporter(told.append, {Phase.NEIGHBOURS: 0.25, Phase.LAYOUT: 0.75}, start=0.2)

    for phase in (Phase.NEIGHBOURS, Phase.LAYOUT):
        tell = phases.within(phase)
        tell(0.5)
        tell(1.0)

    fractions = [progress.fraction for progress in told]
    assert fractions == sorted(fractions)
    assert fractions[0] == 0.2
    assert fractions[-1] == 1.0
    assert [progress.phase for progress in told] == [Phase.NEIGHBOURS] * 3 + [Phase.LAYOUT] * 3
