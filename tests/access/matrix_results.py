"""Rows of what a project's images are worth: maps, curation, splits, drift, heads, exports."""

from __future__ import annotations

from google.protobuf.field_mask_pb2 import FieldMask

from loupe.project.v1 import analysis_service_pb2 as analysis
from loupe.project.v1 import curation_service_pb2 as curation
from loupe.project.v1 import drift_service_pb2 as drift
from loupe.project.v1 import export_service_pb2 as export
from loupe.project.v1 import image_pb2
from loupe.project.v1 import similar_service_pb2 as similar
from loupe.project.v1 import split_service_pb2 as split
from loupe.project.v1 import teach_service_pb2 as teach
from tests.access.identities import Identity
from tests.access.row import Row
from tests.access.world import Visit, picture, unique, unique_id

_ANALYSED = image_pb2.ImageSelector(query="is:analysed")


def _create_analysis(visit: Visit) -> analysis.CreateAnalysisRequest:
    wanted = analysis.Analysis(method=analysis.Analysis.METHOD_PCA, dimensions=2, selector=_ANALYSED)
    return analysis.CreateAnalysisRequest(parent=visit.world.project, analysis=wanted)


def _update_analysis(visit: Visit) -> analysis.UpdateAnalysisRequest:
    changed = analysis.Analysis(name=visit.world.analysis, display_name=unique("map"))
    return analysis.UpdateAnalysisRequest(analysis=changed, update_mask=FieldMask(paths=["display_name"]))


async def _keep_points(visit: Visit) -> analysis.KeepPointsRequest:
    wanted = analysis.GetAnalysisRequest(name=visit.world.analysis)
    count = (await visit.ask(Identity.OWNER, "AnalysisService.GetAnalysis", wanted)).point_count
    points = ((1 << count) - 1).to_bytes((count + 7) // 8, "little")
    return analysis.KeepPointsRequest(name=visit.world.analysis, points=points)


async def _delete_analysis(visit: Visit) -> analysis.DeleteAnalysisRequest:
    return analysis.DeleteAnalysisRequest(name=await visit.new_analysis())


def _create_selection(visit: Visit) -> curation.CreateSelectionRequest:
    wanted = curation.Selection(selector=_ANALYSED, count=3)
    return curation.CreateSelectionRequest(parent=visit.world.project, selection=wanted)


async def _delete_selection(visit: Visit) -> curation.DeleteSelectionRequest:
    return curation.DeleteSelectionRequest(name=await visit.new_selection())


def _create_run(visit: Visit) -> curation.CreateCurationRunRequest:
    wanted = curation.CurationRun(kind=curation.CurationRun.KIND_OUTLIERS, selector=_ANALYSED, reference=_ANALYSED)
    return curation.CreateCurationRunRequest(parent=visit.world.project, curation_run=wanted)


async def _delete_run(visit: Visit) -> curation.DeleteCurationRunRequest:
    return curation.DeleteCurationRunRequest(name=await visit.new_run(curation.CurationRun.KIND_OUTLIERS))


async def _measure_drift(visit: Visit) -> drift.MeasureDriftRequest:
    await visit.current_run(curation.CurationRun.KIND_OUTLIERS)
    return drift.MeasureDriftRequest(parent=visit.world.project)


async def _watched(visit: Visit) -> str:
    """Name of the watch of the project, which a test may delete."""
    name = f"{visit.world.project}/driftWatch"
    watch = drift.DriftWatch(name=name, reference="tag:golden", webhook_url="http://127.0.0.1:9/hook")
    mask = FieldMask(paths=["reference", "webhook_url"])
    request = drift.UpdateDriftWatchRequest(drift_watch=watch, update_mask=mask)
    await visit.ask(Identity.OWNER, "DriftService.UpdateDriftWatch", request)
    return name


async def _get_drift_watch(visit: Visit) -> drift.GetDriftWatchRequest:
    return drift.GetDriftWatchRequest(name=await _watched(visit))


async def _update_drift_watch(visit: Visit) -> drift.UpdateDriftWatchRequest:
    changed = drift.DriftWatch(name=await _watched(visit), every_images=100)
    return drift.UpdateDriftWatchRequest(drift_watch=changed, update_mask=FieldMask(paths=["every_images"]))


async def _delete_drift_watch(visit: Visit) -> drift.DeleteDriftWatchRequest:
    return drift.DeleteDriftWatchRequest(name=await _watched(visit))


async def _look_for_drift(visit: Visit) -> drift.LookForDriftRequest:
    return drift.LookForDriftRequest(name=await _watched(visit))


async def _test_drift_webhook(visit: Visit) -> drift.TestDriftWebhookRequest:
    return drift.TestDriftWebhookRequest(name=await _watched(visit))


async def _list_drift_points(visit: Visit) -> drift.ListDriftPointsRequest:
    return drift.ListDriftPointsRequest(parent=await _watched(visit))


async def _list_drift_alerts(visit: Visit) -> drift.ListDriftAlertsRequest:
    return drift.ListDriftAlertsRequest(parent=await _watched(visit))


def _create_head(visit: Visit) -> teach.CreateHeadRequest:
    return teach.CreateHeadRequest(parent=visit.world.project, head=teach.Head(head_name=unique_id("cells")))


async def _delete_head(visit: Visit) -> teach.DeleteHeadRequest:
    return teach.DeleteHeadRequest(name=await visit.new_head())


async def _list_outliers(visit: Visit) -> curation.ListOutliersRequest:
    return curation.ListOutliersRequest(parent=await visit.current_run(curation.CurationRun.KIND_OUTLIERS))


async def _list_duplicate_groups(visit: Visit) -> curation.ListDuplicateGroupsRequest:
    return curation.ListDuplicateGroupsRequest(parent=await visit.current_run(curation.CurationRun.KIND_DUPLICATES))


def _find_similar_to_picture(visit: Visit) -> similar.FindSimilarToPictureRequest:
    return similar.FindSimilarToPictureRequest(parent=visit.world.project, picture=picture(1))


async def _create_split(visit: Visit) -> split.CreateSplitRequest:
    await visit.current_run(curation.CurationRun.KIND_DUPLICATES)
    wanted = split.Split(selector=_ANALYSED, train_fraction=0.5, test_fraction=0.5)
    return split.CreateSplitRequest(parent=visit.world.project, split=wanted)


async def _delete_split(visit: Visit) -> split.DeleteSplitRequest:
    return split.DeleteSplitRequest(name=await visit.new_split())


async def _find_leakage(visit: Visit) -> split.FindLeakageRequest:
    await visit.current_run(curation.CurationRun.KIND_DUPLICATES)
    return split.FindLeakageRequest(parent=visit.world.project, split=visit.world.split)


def _create_export(visit: Visit) -> export.CreateExportRequest:
    wanted = export.Export(selector=_ANALYSED, contents=[export.Export.CONTENT_CSV])
    return export.CreateExportRequest(parent=visit.world.project, export=wanted)


async def _delete_export(visit: Visit) -> export.DeleteExportRequest:
    return export.DeleteExportRequest(name=await visit.new_export())


RESULT_ROWS = (
    Row("AnalysisService.GetAnalysis", "view", lambda v: analysis.GetAnalysisRequest(name=v.world.analysis)),
    Row("AnalysisService.ListAnalyses", "view", lambda v: analysis.ListAnalysesRequest(parent=v.world.project)),
    Row("AnalysisService.CreateAnalysis", "view", _create_analysis, "analyse"),
    Row(
        "AnalysisService.PlaceImages",
        "creator",
        lambda v: analysis.PlaceImagesRequest(name=v.world.analysis, selector=_ANALYSED),
        "analyse",
    ),
    Row("AnalysisService.UpdateAnalysis", "creator", _update_analysis, "analyse"),
    Row("AnalysisService.DeleteAnalysis", "creator", _delete_analysis, "analyse"),
    Row(
        "AnalysisService.DownloadCoordinates",
        "view",
        lambda v: analysis.DownloadCoordinatesRequest(name=v.world.analysis),
    ),
    Row(
        "AnalysisService.GetPointValues",
        "view",
        lambda v: analysis.GetPointValuesRequest(name=v.world.analysis, field="label"),
    ),
    Row(
        "AnalysisService.DownloadPointValues",
        "view",
        lambda v: analysis.DownloadPointValuesRequest(name=v.world.analysis, field="label"),
    ),
    Row("AnalysisService.KeepPoints", "view", _keep_points),
    Row("CurationService.CreateSelection", "view", _create_selection, "analyse"),
    Row("CurationService.GetSelection", "view", lambda v: curation.GetSelectionRequest(name=v.world.selection)),
    Row("CurationService.ListSelections", "view", lambda v: curation.ListSelectionsRequest(parent=v.world.project)),
    Row("CurationService.DeleteSelection", "creator", _delete_selection, "analyse"),
    Row("CurationService.ListPicks", "view", lambda v: curation.ListPicksRequest(parent=v.world.selection)),
    Row(
        "CurationService.TagSelection",
        "edit",
        lambda v: curation.TagSelectionRequest(name=v.world.selection, tag="train"),
        "edit",
    ),
    Row("CurationService.DownloadManifest", "view", lambda v: curation.DownloadManifestRequest(name=v.world.selection)),
    Row("CurationService.CreateCurationRun", "edit", _create_run, "analyse"),
    Row("CurationService.GetCurationRun", "view", lambda v: curation.GetCurationRunRequest(name=v.world.curation_run)),
    Row("CurationService.ListCurationRuns", "view", lambda v: curation.ListCurationRunsRequest(parent=v.world.project)),
    Row("CurationService.DeleteCurationRun", "edit", _delete_run, "analyse"),
    Row("CurationService.ListOutliers", "view", _list_outliers),
    Row("CurationService.ListDuplicateGroups", "view", _list_duplicate_groups),
    Row("SimilarService.FindSimilarImages", "view", lambda v: similar.FindSimilarImagesRequest(image=v.world.image)),
    Row("SimilarService.FindSimilarToPicture", "view", _find_similar_to_picture, "analyse"),
    Row(
        "SimilarService.FindSimilarObjects",
        "view-late",
        lambda v: similar.FindSimilarObjectsRequest(image=v.world.image),
    ),
    Row("SplitService.CreateSplit", "view", _create_split, "analyse"),
    Row("SplitService.GetSplit", "view", lambda v: split.GetSplitRequest(name=v.world.split)),
    Row("SplitService.ListSplits", "view", lambda v: split.ListSplitsRequest(parent=v.world.project)),
    Row("SplitService.DeleteSplit", "creator", _delete_split, "analyse"),
    Row("SplitService.ListSplitImages", "view", lambda v: split.ListSplitImagesRequest(parent=v.world.split)),
    Row(
        "SplitService.TagSplit",
        "edit",
        lambda v: split.TagSplitRequest(name=v.world.split, part=split.SPLIT_PART_TRAIN),
        "edit",
    ),
    Row(
        "SplitService.DownloadSplitManifest",
        "view",
        lambda v: split.DownloadSplitManifestRequest(name=v.world.split),
    ),
    Row("SplitService.FindLeakage", "view", _find_leakage),
    Row("DriftService.MeasureDrift", "view", _measure_drift),
    Row("DriftService.GetDriftWatch", "view", _get_drift_watch),
    Row("DriftService.UpdateDriftWatch", "edit", _update_drift_watch, "edit"),
    Row("DriftService.DeleteDriftWatch", "edit", _delete_drift_watch, "edit"),
    Row("DriftService.LookForDrift", "edit", _look_for_drift, "edit"),
    Row("DriftService.TestDriftWebhook", "edit", _test_drift_webhook, "edit"),
    Row("DriftService.ListDriftPoints", "view", _list_drift_points),
    Row("DriftService.ListDriftAlerts", "view", _list_drift_alerts),
    Row("TeachService.CreateHead", "edit", _create_head, "analyse"),
    Row("TeachService.GetHead", "view", lambda v: teach.GetHeadRequest(name=v.world.head)),
    Row("TeachService.ListHeads", "view", lambda v: teach.ListHeadsRequest(parent=v.world.project)),
    Row("TeachService.UseHead", "edit", lambda v: teach.UseHeadRequest(name=v.world.head), "analyse"),
    Row("TeachService.DeleteHead", "edit", _delete_head, "analyse"),
    Row("ExportService.GetExport", "mine", lambda v: export.GetExportRequest(name=v.world.export)),
    Row("ExportService.ListExports", "view", lambda v: export.ListExportsRequest(parent=v.world.project)),
    Row("ExportService.CreateExport", "view", _create_export, "export"),
    Row("ExportService.DeleteExport", "mine", _delete_export, "export"),
    Row("ExportService.DownloadExport", "mine", lambda v: export.DownloadExportRequest(name=v.world.export), "export"),
)
