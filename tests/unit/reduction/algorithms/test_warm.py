from __future__ import annotations

from loupe_reduction.algorithms import layout_kernel, pacmap_kernel, tsne_kernel, tsne_tree
from loupe_reduction.algorithms.warm import warm_kernels


def test_warm_kernels__every_kernel_is_compiled() -> None:
    warm_kernels()

    kernels = [
        layout_kernel.move_points,
        pacmap_kernel.draw_far,
        pacmap_kernel.draw_mid,
        pacmap_kernel.move_points,
        tsne_kernel.pull,
        tsne_kernel.push_exact,
        tsne_kernel.push_tree,
        tsne_kernel.see,
        tsne_tree.divide,
        tsne_tree.interleave,
        tsne_tree.means,
    ]
    assert all(kernel.signatures for kernel in kernels)  # type: ignore[attr-defined]
