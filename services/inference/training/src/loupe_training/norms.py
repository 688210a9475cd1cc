"""Batch norms for the time of training: they let new layers learn fast, and vanish into the convolutions after."""

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from loupe_inference.models.fcos import FcosNetwork, Separable


def add(network: FcosNetwork) -> None:
    """Put a batch norm behind each new convolution across channels, except the last ones."""
    for module in network.modules():
        if isinstance(module, Separable):
            module[1] = _normed(module[1])
    for at, lateral in enumerate(network.laterals):
        network.laterals[at] = _normed(lateral)


def fold(network: FcosNetwork) -> None:
    """Let the convolutions do the work of their batch norms, if any; the network must be in evaluation mode."""
    for module in network.modules():
        if isinstance(module, Separable):
            module[1] = _folded(module[1])
    for at, lateral in enumerate(network.laterals):
        network.laterals[at] = _folded(lateral)


def _normed(convolution: nn.Module) -> nn.Sequential:
    if not isinstance(convolution, nn.Conv2d):
        raise TypeError("Only a convolution is given a batch norm.")
    return nn.Sequential(convolution, nn.BatchNorm2d(convolution.out_channels, momentum=0.03))


def _folded(layer: nn.Module) -> nn.Module:
    if isinstance(layer, nn.Conv2d):
        return layer
    convolution, norm = layer.children()
    if not isinstance(convolution, nn.Conv2d) or not isinstance(norm, nn.BatchNorm2d):
        raise TypeError("Only a convolution with a batch norm is folded.")
    return fuse_conv_bn_eval(convolution, norm)
