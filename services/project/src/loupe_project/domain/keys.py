"""Keys of the objects that belong to a project. All begin with its folder, so that it can be removed as one."""


def project_prefix(project_id: str) -> str:
    """What the keys of all objects of a project begin with."""
    return f"projects/{project_id}/"


def image(project_id: str, image_id: str) -> str:
    """The bytes of an image as they were uploaded."""
    return f"projects/{project_id}/images/{image_id}"


def thumbnail(project_id: str, image_id: str) -> str:
    """The small JPEG of an image."""
    return f"projects/{project_id}/thumbnails/{image_id}.jpg"


def tiles(project_id: str, image_id: str) -> str:
    """The tiles of an image, see `domain.tiles`."""
    return f"projects/{project_id}/tiles/{image_id}.lpt"


def origin(object_key: str) -> tuple[str, str]:
    """Project and image under whose ids the bytes of an image lie; those of a copy lie under the first one's."""
    _, project_id, _, image_id = object_key.split("/")
    return project_id, image_id


def spool(project_id: str, file_id: str) -> str:
    """An uploaded file that waits to be taken apart."""
    return f"projects/{project_id}/spool/{file_id}"


def coordinates(project_id: str, analysis_id: str) -> str:
    """The coordinates of a map."""
    return f"projects/{project_id}/analyses/{analysis_id}.lpc"


def reducer(project_id: str, analysis_id: str) -> str:
    """What places images on a map, as the reduction service writes it."""
    return f"projects/{project_id}/analyses/{analysis_id}.npz"


def early_picture(project_id: str, analysis_id: str) -> str:
    """Where some points of a map are while it is made."""
    return f"projects/{project_id}/analyses/{analysis_id}.early.lpc"


def head(project_id: str, head_id: str) -> str:
    """The numbers of a head, as the reduction service writes them."""
    return f"projects/{project_id}/heads/{head_id}.npz"


def export_images(project_id: str, export_id: str) -> str:
    """Which images are in the file of an export: their ids, 16 bytes each."""
    return f"projects/{project_id}/exports/{export_id}.ids"


def export(project_id: str, export_id: str) -> str:
    """The zip file of an export."""
    return f"projects/{project_id}/exports/{export_id}.zip"
