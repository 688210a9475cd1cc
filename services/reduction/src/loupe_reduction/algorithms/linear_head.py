"""A linear model over features: what the labels that there are say about the other images.

Multinomial logistic regression with a quadratic penalty, as a frozen network's last layer is usually trained; classes
weigh the same however many images they have.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

from loupe_reduction.algorithms.parallel import chunk_pool, map_chunks

PENALTY = 0.003
"""Weight of the squared coefficients against the mean loss of one image. On solar cells ten times as much made picks
that teach less: balanced accuracies of 72.5, 75.8, 78.0 in place of 74.7, 76.1, 78.8 with 100, 200, 400 of them."""

MOST_TAUGHT = 20_000
"""Images that are learnt from; more make no better picks."""

ITERATIONS = 200
CHUNK = 4096


@dataclass(frozen=True)
class LinearHead:
    """A linear model of C classes."""

    centre: NDArray[np.float32]
    """Array (D,), float32: taken from features first."""

    spread: NDArray[np.float32]
    """Array (D,), float32: then they are divided by this."""

    weights: NDArray[np.float32]
    """Array (D, C), float32."""

    bias: NDArray[np.float32]
    """Array (C,), float32."""

    def margins(self, values: NDArray[np.float32], threads: int) -> NDArray[np.float64]:
        """Returns how sure the model is of each image.

        Args:
            values: array (N, D), float32.
            threads: threads to use.

        Returns:
            Array (N,), float64, in [0, 1]: difference of the two largest class probabilities.
        """

        def judge(start: int, end: int) -> NDArray[np.float64]:
            scaled = (values[start:end] - self.centre) / self.spread
            shares = np.sort(softmax((scaled @ self.weights + self.bias).astype(np.float64), axis=1), axis=1)
            difference: NDArray[np.float64] = shares[:, -1] - shares[:, -2]
            return difference

        with chunk_pool(threads) as pool:
            return np.concatenate(map_chunks(judge, len(values), CHUNK, pool))


def fit_head(values: NDArray[np.float32], classes: NDArray[np.int64], *, seed: int = 0) -> LinearHead:
    """Learns classes from features.

    Args:
        values: array (N, D), float32, finite.
        classes: array (N,), int64: at least two different ones.
        seed: decides which images are learnt from where there are many.
    """
    if len(values) > MOST_TAUGHT:
        some = np.random.default_rng(seed).choice(len(values), MOST_TAUGHT, replace=False)
        values, classes = values[some], classes[some]
    numbers, targets, sizes = np.unique(classes, return_inverse=True, return_counts=True)
    centre = values.mean(axis=0)
    # Features in the same unit: their own spread, and as many of them as there are together of length one.
    spread = np.maximum(values.std(axis=0), 1e-6) * np.float32(np.sqrt(values.shape[1]))
    scaled = ((values - centre) / spread).astype(np.float64)
    share = (1.0 / (len(numbers) * sizes))[targets]
    wanted = np.eye(len(numbers))[targets]
    width = values.shape[1]
    split = width * len(numbers)

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights, bias = parameters[:split].reshape(width, -1), parameters[split:]
        logs = log_softmax(scaled @ weights + bias, axis=1)
        gap = (np.exp(logs) - wanted) * share[:, None]
        total = -float(share @ (logs * wanted).sum(axis=1)) + 0.5 * PENALTY * float((weights**2).sum())
        slope = scaled.T @ gap + PENALTY * weights
        return total, np.concatenate([slope.ravel(), gap.sum(axis=0)])

    start = np.zeros((width + 1) * len(numbers))
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": ITERATIONS}).x.astype(np.float32)
    return LinearHead(centre, spread.astype(np.float32), found[:split].reshape(width, -1), found[split:])
