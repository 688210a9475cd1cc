"""Metrics of the inference service. Labels are model ids and fault reasons, both from closed lists."""

from prometheus_client import Counter, Histogram

IMAGES_TOTAL = Counter(
    "loupe_inference_images_total",
    "Images that were analysed for a project, by outcome: OK or the reason of the failure.",
    ("model", "outcome"),
)
BATCH_SECONDS = Histogram(
    "loupe_inference_batch_seconds",
    "Time that a batch spent decoding and computing.",
    ("model",),
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120),
)
