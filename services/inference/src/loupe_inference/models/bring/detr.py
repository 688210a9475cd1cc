"""Detectors of Hugging Face's library (DETR and its kin, YOLOS) in the shape that a reader of boxes wants."""

import math
from typing import Any

import torch
from torch import nn

from loupe_inference.models.bring.onnx_file import invalid

_STRIDES = (32, 16, 8, 64, 14)


class DetectionNetwork(nn.Module):
    """Scores, boxes in pixels of the input, and the encoder's feature map.

    Args:
        network: Answers `logits` (N, P, C) and `pred_boxes` (N, P, 4): centre and size in parts of the input.
        height: Of the input in pixels.
        width: Of the input in pixels.
    """

    def __init__(self, network: nn.Module, height: int, width: int) -> None:
        super().__init__()
        self.network: Any = network
        self.height = height
        self.width = width

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """(N, 3, H, W) to scores (N, P, C), boxes (N, P, 4) and a map (N, E, h, w)."""
        answer: Any = self.network(pixel_values=images)
        classes = int(self.network.config.num_labels)
        logits = answer.logits
        # With one score more than classes the last one is "nothing here", and they share 1.
        scores = logits.softmax(-1)[..., :classes] if logits.shape[-1] > classes else logits.sigmoid()
        centre, size = answer.pred_boxes[..., :2], answer.pred_boxes[..., 2:]
        boxes = torch.cat([centre - size / 2, centre + size / 2], -1)
        scale = torch.tensor([self.width, self.height, self.width, self.height], dtype=boxes.dtype)
        return scores, boxes * scale, self._map(answer, logits.shape[1])

    def _map(self, answer: Any, queries: int) -> torch.Tensor:
        encoded = getattr(answer, "encoder_last_hidden_state", None)
        if encoded is None and getattr(answer, "last_hidden_state", None) is not None:
            # YOLOS: one class token, the patches, one token for each query.
            encoded = answer.last_hidden_state[:, 1:-queries]
        if isinstance(encoded, list | tuple):
            encoded = encoded[0]
        if isinstance(encoded, torch.Tensor) and encoded.dim() == 4:
            return encoded
        if isinstance(encoded, torch.Tensor) and encoded.dim() == 3:
            for stride in _STRIDES:
                rows, columns = math.ceil(self.height / stride), math.ceil(self.width / stride)
                if rows * columns == encoded.shape[1]:
                    return encoded.transpose(1, 2).reshape(-1, encoded.shape[2], rows, columns)
        raise invalid(
            f"of models of type {self.network.config.model_type} Loupe does not know the feature map",
            "register it as ONNX with an output 'feature_map'",
        )
