import loupe_client

PUBLIC = {
    "Analysis", "ApiError", "Box", "Cancelled", "Client", "Conflict", "Coordinates", "CurationRun", "Duplicate",
    "DuplicateGroup", "Export", "GrpcTransport", "Image", "InvalidRequest", "LimitReached", "Model", "ModelFile",
    "ModelVersion", "NotAllowed", "NotFound", "Notice", "NotReady", "NotSignedIn", "Operation", "Outlier", "Pick",
    "Prediction", "Preprocessing", "Progress", "Project", "Selection", "Tag", "Transport", "Unavailable",
    "UploadBatch", "UploadedFile", "UploadFile", "User",
}  # fmt: skip


def test_public_names__are_a_promise() -> None:
    assert set(loupe_client.__all__) == PUBLIC
    assert all(hasattr(loupe_client, name) for name in PUBLIC)
