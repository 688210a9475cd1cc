"""The built web UI: hashed assets are cached for a year, the page itself never."""

import mimetypes
from http import HTTPStatus
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response

from loupe_kit.errors import NotFound

_NOT_BUILT = (
    "<!doctype html><meta charset=utf-8><title>Loupe</title><h1>Loupe runs</h1>"
    "<p>The web page is not built here: run <code>make web</code> and reload."
    " REST is described in <a href=/openapi.json>/openapi.json</a>.</p>"
)


class WebRoutes:
    """Serves the folder that `make web` builds."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()

    async def handle(self, request: Request) -> Response:
        """Answers a file of the build, or the page for every address that the UI routes itself."""
        path = request.path_params.get("path", "")
        file = (self._folder / path).resolve()
        if path and file.is_relative_to(self._folder) and file.is_file():
            lasting = "public, max-age=31536000, immutable" if path.startswith("assets/") else "no-cache"
            return _file(request, file, lasting)
        if path.startswith("assets/"):
            raise NotFound(f"There is no file {path[:200]}; reload the page.")
        index = self._folder / "index.html"
        if not index.is_file():
            return HTMLResponse(_NOT_BUILT, HTTPStatus.OK)
        return _file(request, index, "no-cache")


def _file(request: Request, file: Path, lasting: str) -> FileResponse:
    """The file, or what the build compressed of it for who reads that."""
    headers = {"cache-control": lasting, "vary": "accept-encoding"}
    packed = file.with_name(f"{file.name}.gz")
    if "gzip" not in request.headers.get("accept-encoding", "") or not packed.is_file():
        return FileResponse(file, headers=headers)
    kind, _ = mimetypes.guess_type(file.name)
    return FileResponse(packed, headers=headers | {"content-encoding": "gzip"}, media_type=kind)
