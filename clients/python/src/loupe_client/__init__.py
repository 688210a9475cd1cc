"""Python client of Loupe.

    with Client("loupe.plant.example:50051", api_key="lp_…") as loupe:
        for answer in loupe.uploads.send(project, [Path("cell-0042.png")]):
            print(answer)

Errors: see `loupe_client.ApiError` and its subclasses; programs branch on `reason`.
"""

from loupe_client._client import Client
from loupe_client._errors import (
    ApiError,
    Cancelled,
    Conflict,
    InvalidRequest,
    LimitReached,
    NotAllowed,
    NotFound,
    NotReady,
    NotSignedIn,
    Unavailable,
)
from loupe_client._operations import Operation
from loupe_client._results import Coordinates
from loupe_client._transport import GrpcTransport, Transport
from loupe_client._types import (
    Analysis,
    Box,
    CurationRun,
    Duplicate,
    DuplicateGroup,
    Export,
    Image,
    Model,
    ModelFile,
    ModelVersion,
    Notice,
    Outlier,
    Pick,
    Prediction,
    Preprocessing,
    Progress,
    Project,
    Selection,
    Tag,
    UploadBatch,
    UploadedFile,
    UploadFile,
    User,
)

__all__ = [
    "Analysis",
    "ApiError",
    "Box",
    "Cancelled",
    "Client",
    "Conflict",
    "Coordinates",
    "CurationRun",
    "Duplicate",
    "DuplicateGroup",
    "Export",
    "GrpcTransport",
    "Image",
    "InvalidRequest",
    "LimitReached",
    "Model",
    "ModelFile",
    "ModelVersion",
    "NotAllowed",
    "NotFound",
    "NotReady",
    "NotSignedIn",
    "Notice",
    "Operation",
    "Outlier",
    "Pick",
    "Prediction",
    "Preprocessing",
    "Progress",
    "Project",
    "Selection",
    "Tag",
    "Transport",
    "Unavailable",
    "UploadBatch",
    "UploadFile",
    "UploadedFile",
    "User",
]
