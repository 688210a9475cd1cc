"""Python client of Loupe.

    with Client("loupe.plant.example:50051", api_key="lp_…") as loupe:
        for answer in loupe.uploads.send(project, [Path("cell-0042.png")]):
            print(answer)

Errors: see `loupe_client.ApiError` and its subclasses; programs branch on `reason`.
"""

from loupe_client._changes import HistoryLine, MetadataChange, MetadataKey, RowFault, TableImport, Undone
from loupe_client._client import Client
from loupe_client._drift import DriftAlert, DriftGroup, DriftPoint, DriftTrait, DriftWatch
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
from loupe_client._evaluation import ClassMeasurement, Confusion, Evaluation, Group, Measurement, Rate, Verdicts
from loupe_client._labels import LabelFault, LabelImport
from loupe_client._operations import Operation
from loupe_client._results import Coordinates, ImageSet
from loupe_client._reviews import ReviewItem, ReviewProgress
from loupe_client._searches import SavedSearch
from loupe_client._similar import SimilarImage, SimilarObject
from loupe_client._splits import Leak, Leakage, Split, SplitImage
from loupe_client._teach import Head, HeadClass
from loupe_client._transport import GrpcTransport, Transport
from loupe_client._trash import Copied, DeletedImage
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
    Placement,
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
    "ClassMeasurement",
    "Client",
    "Conflict",
    "Confusion",
    "Coordinates",
    "Copied",
    "CurationRun",
    "DeletedImage",
    "DriftAlert",
    "DriftGroup",
    "DriftPoint",
    "DriftTrait",
    "DriftWatch",
    "Duplicate",
    "DuplicateGroup",
    "Evaluation",
    "Export",
    "Group",
    "GrpcTransport",
    "Head",
    "HeadClass",
    "HistoryLine",
    "Image",
    "ImageSet",
    "InvalidRequest",
    "LabelFault",
    "LabelImport",
    "Leak",
    "Leakage",
    "LimitReached",
    "Measurement",
    "MetadataChange",
    "MetadataKey",
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
    "Placement",
    "Prediction",
    "Preprocessing",
    "Progress",
    "Project",
    "Rate",
    "ReviewItem",
    "ReviewProgress",
    "RowFault",
    "SavedSearch",
    "Selection",
    "SimilarImage",
    "SimilarObject",
    "Split",
    "SplitImage",
    "TableImport",
    "Tag",
    "Transport",
    "Unavailable",
    "Undone",
    "UploadBatch",
    "UploadFile",
    "UploadedFile",
    "User",
    "Verdicts",
]
