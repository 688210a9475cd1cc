"""Batch norms that come for the training and vanish after."""

from __future__ import annotations

import torch
from torch import nn

from loupe_inference.models.fcos import FcosNetwork
from loupe_training import norms


def test_fold__same_answers_in_the_graph_as_it_was() -> None:
    torch.manual_seed(0)
    network = FcosNetwork("efficientnet-lite0", 64, classes=2, width=8)
    names = list(network.state_dict())
    batch = torch.randn(4, 3, 64, 64)

    norms.add(network)
    with torch.no_grad():
        network.train()(batch)  # moves the means
        normed = network.eval()(batch)
        added = sum(isinstance(module, nn.BatchNorm2d) for module in network.modules())
        norms.fold(network)
        plain = network(batch)

    assert added == 3 + 3 * 5
    assert list(network.state_dict()) == names
    for one, other in zip(normed, plain, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-4)
