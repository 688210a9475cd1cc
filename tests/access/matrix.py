"""The access matrix: one row or more for every RPC of every contract."""

from __future__ import annotations

import itertools

from google.protobuf.field_mask_pb2 import FieldMask

from loupe.auth.v1 import account_service_pb2 as account
from loupe.auth.v1 import api_key_service_pb2 as api_key
from loupe.auth.v1 import audit_service_pb2 as audit
from loupe.auth.v1 import department_service_pb2 as department
from loupe.auth.v1 import key_service_pb2 as key
from loupe.auth.v1 import mail_service_pb2 as mail
from loupe.auth.v1 import membership_service_pb2 as membership
from loupe.auth.v1 import oidc_service_pb2 as oidc
from loupe.auth.v1 import session_service_pb2 as session
from loupe.auth.v1 import user_pb2
from loupe.auth.v1 import user_service_pb2 as user
from loupe.inference.v1 import feature_service_pb2 as feature
from loupe.inference.v1 import inference_service_pb2 as inference
from loupe.inference.v1 import model_service_pb2 as model
from loupe.reduction.v1 import curation_service_pb2 as curation
from loupe.reduction.v1 import neighbour_service_pb2 as neighbour
from loupe.reduction.v1 import reduction_service_pb2 as reduction
from loupe.reduction.v1 import teach_service_pb2 as reduction_teach
from tests.access.identities import PEOPLE, Identity
from tests.access.matrix_project import PROJECT_ROWS
from tests.access.matrix_results import RESULT_ROWS
from tests.access.row import Row
from tests.access.world import PASSWORD, Visit, address, picture, unique

_NOBODY = "users/01890a5d-ac96-774b-bcce-b302099a8057"
_NO_WISH = "membershipRequests/01890a5d-ac96-774b-bcce-b302099a8057"
_MODEL = "models/efficientnet-lite0"
_MODEL_VERSION = f"{_MODEL}/versions/1"


# In turn, as many sign-ins of one person at once are taken for guessing.
_PEOPLE = itertools.cycle(PEOPLE)


def _sign_in(_visit: Visit) -> account.SignInRequest:
    return account.SignInRequest(email=address(next(_PEOPLE)), password=PASSWORD)


async def _sign_out(visit: Visit) -> account.SignOutRequest:
    return account.SignOutRequest(refresh_token=(await visit.sign_in(Identity.STRANGER)).refresh_token)


async def _refresh_session(visit: Visit) -> account.RefreshSessionRequest:
    return account.RefreshSessionRequest(refresh_token=(await visit.sign_in(Identity.STRANGER)).refresh_token)


async def _end_session(visit: Visit) -> session.EndSessionRequest:
    return session.EndSessionRequest(name=(await visit.sign_in(Identity.OWNER)).session)


def _update_me(_visit: Visit) -> account.UpdateMeRequest:
    return account.UpdateMeRequest(user=user_pb2.User(location="Hall 2"), update_mask=FieldMask(paths=["location"]))


def _update_user(visit: Visit) -> user.UpdateUserRequest:
    changed = user_pb2.User(name=visit.world.users[Identity.STRANGER], duty=unique("inspector"))
    return user.UpdateUserRequest(user=changed, update_mask=FieldMask(paths=["duty"]))


def _create_api_key(_visit: Visit) -> api_key.CreateApiKeyRequest:
    return api_key.CreateApiKeyRequest(api_key=api_key.ApiKey(display_name=unique("key"), scopes=["read"]))


async def _rotate_api_key(visit: Visit) -> api_key.RotateApiKeyRequest:
    return api_key.RotateApiKeyRequest(name=(await visit.new_api_key(("read",), [])).api_key.name)


async def _revoke_api_key(visit: Visit) -> api_key.RevokeApiKeyRequest:
    return api_key.RevokeApiKeyRequest(name=(await visit.new_api_key(("read",), [])).api_key.name)


def _create_department(_visit: Visit) -> department.CreateDepartmentRequest:
    return department.CreateDepartmentRequest(department=department.Department(display_name=unique("Plant")))


def _update_department(visit: Visit) -> department.UpdateDepartmentRequest:
    changed = department.Department(name=visit.world.department, description=unique("where cells are made"))
    return department.UpdateDepartmentRequest(department=changed, update_mask=FieldMask(paths=["description"]))


async def _delete_department(visit: Visit) -> department.DeleteDepartmentRequest:
    made = await visit.ask(Identity.ADMINISTRATOR, "DepartmentService.CreateDepartment", _create_department(visit))
    return department.DeleteDepartmentRequest(name=made.name)


def _activate_builtin(_visit: Visit) -> model.ActivateModelVersionRequest:
    return model.ActivateModelVersionRequest(name=_MODEL_VERSION)


def _delete_builtin(_visit: Visit) -> model.DeleteModelVersionRequest:
    return model.DeleteModelVersionRequest(name=_MODEL_VERSION)


def _analyse_image(_visit: Visit) -> list[inference.AnalyseImageRequest]:
    config = inference.AnalyseImageConfig(model=_MODEL)
    return [inference.AnalyseImageRequest(config=config), inference.AnalyseImageRequest(chunk=picture(1))]


ROWS = (
    Row("AccountService.SignUp", "everybody-bad", lambda v: account.SignUpRequest()),
    Row("AccountService.VerifyEmail", "everybody-late", lambda v: account.VerifyEmailRequest()),
    Row("AccountService.ResendVerification", "everybody-late", lambda v: account.ResendVerificationRequest()),
    Row("AccountService.SignIn", "everybody", _sign_in),
    Row("AccountService.RefreshSession", "everybody", _refresh_session),
    Row("AccountService.SignOut", "everybody", _sign_out),
    Row("AccountService.GetMe", "people", lambda v: account.GetMeRequest()),
    Row("AccountService.UpdateMe", "people", _update_me),
    Row("AccountService.ChangePassword", "people-bad", lambda v: account.ChangePasswordRequest()),
    Row("AccountService.RequestPasswordReset", "everybody-bad", lambda v: account.RequestPasswordResetRequest()),
    Row("AccountService.ResetPassword", "everybody-late", lambda v: account.ResetPasswordRequest()),
    Row("AccountService.GetSignInOptions", "everybody", lambda v: account.GetSignInOptionsRequest()),
    # The tested Loupe has no identity provider, and says so to everybody.
    Row("OidcService.StartOidcSignIn", "everybody-late", lambda v: oidc.StartOidcSignInRequest()),
    Row("OidcService.FinishOidcSignIn", "everybody-late", lambda v: oidc.FinishOidcSignInRequest()),
    Row("SessionService.ListSessions", "people", lambda v: session.ListSessionsRequest()),
    Row("SessionService.EndSession", "owner-alone", _end_session),
    Row("SessionService.EndAllSessions", "people", lambda v: session.EndAllSessionsRequest(keep_current=True)),
    Row("SessionService.ListRevocations", "internal", lambda v: session.ListRevocationsRequest()),
    Row("UserService.GetUser", "known", lambda v: user.GetUserRequest(name=v.world.users[Identity.OWNER])),
    Row("UserService.ListUsers", "known", lambda v: user.ListUsersRequest()),
    Row("UserService.UpdateUser", "administer", _update_user),
    Row("UserService.DisableUser", "administer-none", lambda v: user.DisableUserRequest(name=_NOBODY)),
    Row("UserService.EnableUser", "administer-none", lambda v: user.EnableUserRequest(name=_NOBODY)),
    Row("MembershipService.ListMembershipRequests", "people", lambda v: membership.ListMembershipRequestsRequest()),
    Row(
        "MembershipService.ApproveMembershipRequest",
        "people-none",
        lambda v: membership.ApproveMembershipRequestRequest(name=_NO_WISH),
    ),
    Row(
        "MembershipService.DeclineMembershipRequest",
        "people-none",
        lambda v: membership.DeclineMembershipRequestRequest(name=_NO_WISH),
    ),
    Row(
        "DepartmentService.GetDepartment",
        "known",
        lambda v: department.GetDepartmentRequest(name=v.world.department),
    ),
    Row("DepartmentService.ListDepartments", "everybody", lambda v: department.ListDepartmentsRequest()),
    Row("DepartmentService.CreateDepartment", "administer", _create_department),
    Row("DepartmentService.UpdateDepartment", "administer", _update_department),
    Row("DepartmentService.DeleteDepartment", "administer", _delete_department),
    Row("ApiKeyService.CreateApiKey", "people", _create_api_key),
    Row("ApiKeyService.ListApiKeys", "people", lambda v: api_key.ListApiKeysRequest()),
    Row("ApiKeyService.RotateApiKey", "owner-alone", _rotate_api_key),
    Row("ApiKeyService.RevokeApiKey", "revoke-key", _revoke_api_key),
    Row(
        "ApiKeyService.ResolveApiKey",
        "internal",
        lambda v: api_key.ResolveApiKeyRequest(secret=v.world.keys["all"]),
    ),
    Row(
        "ApiKeyService.GetApiKey",
        "internal",
        lambda v: api_key.GetApiKeyRequest(name=f"apiKeys/{v.world.keys['all'].split('_')[1]}"),
    ),
    Row("KeyService.ListSigningKeys", "everybody", lambda v: key.ListSigningKeysRequest()),
    Row("MailService.SendMail", "internal-bad", lambda v: mail.SendMailRequest()),
    Row("AuditService.ListAuditEvents", "administer", lambda v: audit.ListAuditEventsRequest()),
    Row("AuditService.ExportAuditEvents", "administer", lambda v: audit.ExportAuditEventsRequest()),
    Row("AuditService.RecordAuditEvents", "internal-bad", lambda v: audit.RecordAuditEventsRequest()),
    Row("ModelService.ListModels", "catalogue", lambda v: model.ListModelsRequest()),
    Row("ModelService.GetModel", "catalogue", lambda v: model.GetModelRequest(name=_MODEL)),
    Row("ModelService.ListModelVersions", "catalogue", lambda v: model.ListModelVersionsRequest(parent=_MODEL)),
    Row("ModelService.GetModelVersion", "catalogue", lambda v: model.GetModelVersionRequest(name=_MODEL_VERSION)),
    Row(
        "ModelService.RegisterModelVersion",
        "administer-bad",
        lambda v: [model.RegisterModelVersionRequest(config=model.RegisterModelVersionConfig())],
    ),
    Row("ModelService.ActivateModelVersion", "administer-late", _activate_builtin),
    Row("ModelService.DeleteModelVersion", "administer-late", _delete_builtin),
    Row("ModelService.ListModelServers", "administer", lambda v: model.ListModelServersRequest()),
    Row("InferenceService.AnalyseImage", "known", _analyse_image, "analyse"),
    Row("FeatureService.StreamFeatures", "internal-bad", lambda v: feature.StreamFeaturesRequest()),
    Row("FeatureService.StreamObjectFeatures", "internal-bad", lambda v: feature.StreamObjectFeaturesRequest()),
    Row("FeatureService.PutFeatures", "internal-bad", lambda v: feature.PutFeaturesRequest()),
    Row("FeatureService.CopyFeatures", "internal-bad", lambda v: feature.CopyFeaturesRequest()),
    Row("FeatureService.DeleteFeatures", "internal-bad", lambda v: feature.DeleteFeaturesRequest()),
    Row("FeatureService.FindMissingFeatures", "internal-bad", lambda v: feature.FindMissingFeaturesRequest()),
    Row("FeatureService.CountFeatures", "internal-bad", lambda v: feature.CountFeaturesRequest()),
    Row("FeatureService.ListFeatureSets", "internal-bad", lambda v: feature.ListFeatureSetsRequest()),
    Row("ReductionService.FitProjection", "internal-bad", lambda v: reduction.FitProjectionRequest()),
    Row("ReductionService.ForgetPoints", "internal-bad", lambda v: reduction.ForgetPointsRequest(reducer=b"none")),
    Row("ReductionService.PlaceImages", "internal-bad", lambda v: reduction.PlaceImagesRequest()),
    Row("CurationService.ScoreOutliers", "internal-bad", lambda v: curation.ScoreOutliersRequest()),
    Row("CurationService.FindDuplicates", "internal-bad", lambda v: curation.FindDuplicatesRequest()),
    Row("CurationService.SelectImages", "internal-bad", lambda v: curation.SelectImagesRequest()),
    Row("NeighbourService.FindNeighbours", "internal-bad", lambda v: neighbour.FindNeighboursRequest()),
    Row("NeighbourService.FindNeighbourObjects", "internal-bad", lambda v: neighbour.FindNeighbourObjectsRequest()),
    Row("TeachService.TeachHead", "internal-bad", lambda v: reduction_teach.TeachHeadRequest()),
    Row("TeachService.ApplyHead", "internal-bad", lambda v: reduction_teach.ApplyHeadRequest()),
    *PROJECT_ROWS,
    *RESULT_ROWS,
)
