import loupe_client

PUBLIC = {
    "Analysis", "ApiError", "Box", "Cancelled", "ClassMeasurement", "Client", "Conflict", "Confusion",
    "Coordinates", "Copied", "CurationRun", "DeletedImage", "DriftAlert", "DriftGroup", "DriftPoint", "DriftTrait",
    "DriftWatch", "Duplicate", "DuplicateGroup", "Evaluation", "Export", "Group", "GrpcTransport", "Head",
    "HeadClass", "HistoryLine", "Image", "ImageSet", "InvalidRequest", "LabelFault", "LabelImport", "Leak",
    "Leakage", "LimitReached", "Measurement", "MetadataChange", "MetadataKey", "Model", "ModelFile", "ModelVersion",
    "NotAllowed", "NotFound", "NotReady", "NotSignedIn", "Notice", "Operation", "Outlier", "Pick", "Placement",
    "Prediction", "Preprocessing", "Progress", "Project", "Rate", "ReviewItem", "ReviewProgress", "RowFault",
    "SavedSearch", "Selection", "SimilarImage", "SimilarObject", "Split", "SplitImage", "TableImport", "Tag",
    "Transport", "Unavailable", "Undone", "UploadBatch", "UploadFile", "UploadedFile", "User", "Verdicts",
}  # fmt: skip


def test_public_names__are_a_promise() -> None:
    assert set(loupe_client.__all__) == PUBLIC
    assert all(hasattr(loupe_client, name) for name in PUBLIC)
