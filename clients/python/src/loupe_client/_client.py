"""The client: signs in, and holds one part for each thing that Loupe keeps."""

from collections.abc import Iterator
from types import TracebackType
from typing import Self
from uuid import uuid4

import grpc

from loupe.auth.v1 import account_service_pb2, account_service_pb2_grpc
from loupe.inference.v1 import model_service_pb2, model_service_pb2_grpc
from loupe.project.v1 import project_service_pb2, project_service_pb2_grpc
from loupe_client import _convert, _errors
from loupe_client._changes import Changes
from loupe_client._credentials import Credentials
from loupe_client._curation import Curation
from loupe_client._drift import Drift
from loupe_client._evaluation import Evaluations
from loupe_client._images import Images
from loupe_client._labels import Labels
from loupe_client._models import ModelVersions
from loupe_client._paging import pages
from loupe_client._results import Analyses, Exports
from loupe_client._reviews import Reviews
from loupe_client._searches import SavedSearches
from loupe_client._similar import Similar
from loupe_client._splits import Splits
from loupe_client._teach import Teaching
from loupe_client._transport import GrpcTransport, Transport
from loupe_client._trash import Trash
from loupe_client._types import Model, Project, User
from loupe_client._uploads import Uploads

_RENEWAL_SECONDS = 30.0


class Client:
    """A connection to Loupe.

    Args:
        target: `host:port` of gRPC.
        api_key: `lp_…`, for factory systems. People call `sign_in` instead.
        credentials: For TLS; None speaks plain text.
        transport: Takes the place of the three above, for tests.
    """

    def __init__(
        self,
        target: str = "127.0.0.1:50051",
        *,
        api_key: str | None = None,
        credentials: grpc.ChannelCredentials | None = None,
        transport: Transport | None = None,
    ) -> None:
        self._credentials = Credentials(api_key, self._renew)
        self._transport = transport or GrpcTransport(target, self._credentials.token, credentials)
        channel = self._transport.channel
        self._accounts = account_service_pb2_grpc.AccountServiceStub(channel)
        self._models = model_service_pb2_grpc.ModelServiceStub(channel)
        self._projects = project_service_pb2_grpc.ProjectServiceStub(channel)
        self.uploads = Uploads(self._transport)
        """Taking files in."""
        self.model_versions = ModelVersions(self._transport)
        """Models of one's own."""
        self.images = Images(self._transport)
        """Finding images, their tags and labels."""
        self.searches = SavedSearches(self._transport)
        """Searches under a name, and what is new in them."""
        self.changes = Changes(self._transport)
        """Tags and metadata of many images, tables that come later, histories, undoing."""
        self.trash = Trash(self._transport)
        """Deleting images, bringing them back, copying them to other projects."""
        self.analyses = Analyses(self._transport)
        """Maps."""
        self.curation = Curation(self._transport)
        self.teaching = Teaching(self._transport)
        self.similar = Similar(self._transport)
        self.splits = Splits(self._transport)
        self.drift = Drift(self._transport)
        """Selections, outliers, duplicates."""
        self.labels = Labels(self._transport)
        """Ground truth of many images, and label files."""
        self.evaluations = Evaluations(self._transport)
        """Predictions measured by labels."""
        self.reviews = Reviews(self._transport)
        """The review queue."""
        self.exports = Exports(self._transport)
        """Results as zip files."""

    def __enter__(self) -> Self:
        """Returns the client."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes the connection."""
        self.close()

    def close(self) -> None:
        """Closes the connection."""
        self._transport.close()

    def sign_up(self, email: str, password: str, display_name: str) -> str:
        """Starts an account; a code is mailed.

        Returns:
            The verification, for `verify_email`.
        """
        request = account_service_pb2.SignUpRequest(
            email=email, password=password, display_name=display_name, request_id=str(uuid4())
        )
        return self._transport.unary(self._accounts.SignUp, request).verification

    def verify_email(self, verification: str, code: str) -> User:
        """Proves the mailbox with the mailed code; the account exists from then on."""
        request = account_service_pb2.VerifyEmailRequest(verification=verification, code=code, request_id=str(uuid4()))
        return _convert.user(self._transport.unary(self._accounts.VerifyEmail, request).user)

    def sign_in(self, email: str, password: str) -> User:
        """Signs in; the calls that follow are this person's. The session is renewed while the client is in use."""
        request = account_service_pb2.SignInRequest(email=email, password=password)
        tokens = self._transport.unary(self._accounts.SignIn, request)
        self._credentials.open(tokens)
        return _convert.user(tokens.user)

    def sign_out(self) -> None:
        """Ends the session."""
        self._transport.unary(self._accounts.SignOut, account_service_pb2.SignOutRequest())
        self._credentials.close()

    def models(self) -> list[Model]:
        """Returns the catalogue."""
        answers = pages(self._transport, self._models.ListModels, model_service_pb2.ListModelsRequest())
        return [_convert.model(message) for answer in answers for message in answer.models]

    def projects(self) -> Iterator[Project]:
        """Yields the projects that the caller may see, newest first."""
        request = project_service_pb2.ListProjectsRequest()
        for answer in pages(self._transport, self._projects.ListProjects, request):
            yield from map(_convert.project, answer.projects)

    def project(self, name: str) -> Project:
        """Returns one project."""
        request = project_service_pb2.GetProjectRequest(name=name)
        return _convert.project(self._transport.unary(self._projects.GetProject, request))

    def create_project(self, display_name: str, model: str, *, description: str = "", time_zone: str = "") -> Project:
        """Creates a private project.

        Args:
            display_name: What people call it.
            model: `models/{model}` that analyses its images.
            description: What it is about.
            time_zone: IANA name, in which dates in queries are read; default UTC.
        """
        request = project_service_pb2.CreateProjectRequest(
            project=project_service_pb2.Project(
                display_name=display_name, model=model, description=description, time_zone=time_zone
            ),
            request_id=str(uuid4()),
        )
        return _convert.project(self._transport.unary(self._projects.CreateProject, request))

    def _renew(self, refresh_token: str) -> account_service_pb2.SessionTokens:
        # Straight to the stub: the transport would ask for a token again.
        request = account_service_pb2.RefreshSessionRequest(refresh_token=refresh_token)
        try:
            return self._accounts.RefreshSession(request, timeout=_RENEWAL_SECONDS)
        except grpc.RpcError as error:
            raise _errors.from_rpc(error) from error
