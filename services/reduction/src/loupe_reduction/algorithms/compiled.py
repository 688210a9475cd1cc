"""The one place that knows how kernels are compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numba

Kernel = TypeVar("Kernel", bound=Callable[..., object])


def compiled(kernel: Kernel) -> Kernel:
    """Compiles a kernel at its first call and keeps the machine code in NUMBA_CACHE_DIR.

    The lock of the interpreter is released, so kernels run side by side on our own threads; numba's own parallel
    loops would bring a second pool whose default layer ends the process when two threads use it.
    """
    return cast(Kernel, numba.njit(cache=True, nogil=True, fastmath=True, error_model="numpy")(kernel))
