"""Stands in for the model host in the child process: quick, and some images kill it or keep it."""

from __future__ import annotations

import os
import signal
import time

from loupe_inference.domain.analysis import Outcome
from loupe_inference.models.job import AnalyseJob
from loupe_kit.child import Progress
from tests.unit.inference.fakes import analysis

KILLER = b"kill -9"
SLEEPER = b"sleep"
FAULTY = b"fault"


def analyse(job: AnalyseJob, _progress: Progress) -> list[Outcome]:
    """One outcome for each image, unless one of them is bad."""
    if KILLER in job.images:
        os.kill(os.getpid(), signal.SIGKILL)
    if SLEEPER in job.images:
        time.sleep(60)
    if FAULTY in job.images:
        raise ArithmeticError("a fault of the network")
    return [analysis(float(os.getpid())) for _ in job.images]
