"""What values may hold where their defaults do not show it; `render.py` puts it into the schema."""

from typing import Any

_NAME = r"^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$"
_QUANTITY = {"anyOf": [{"type": "string", "pattern": r"^[0-9.]+([EPTGMk]i?|m)?$"}, {"type": "number", "minimum": 0}]}

COMMON = {"data_dir", "service_token_key", "log_level", "log_format"}
"""Settings that the chart gives to all processes."""
_STORES = {"redis_url", "s3_endpoint", "s3_access_key", "s3_secret_key", "s3_bucket", "s3_secure"}
TOLD = {
    "auth": {
        "address", "database_url", "redis_url", "smtp_host", "smtp_port", "smtp_security", "smtp_username",
        "smtp_password", "mail_sender", "key_encryption_key", "trusted_proxies", "oidc", "admin_email",
        "admin_password",
    },
    "project": {"address", "auth_target", "inference_target", "reduction_target", "database_url", "trusted_proxies"}
    | _STORES,
    "inference": {
        "address", "auth_target", "project_target", "mongodb_url", "torchserve_target", "torchserve_targets",
        "torchserve_key_file", "trusted_proxies",
    }
    | _STORES,
    "reduction": {"address", "inference_target", "kernel_cache", "gpu"},
    "gateway": {
        "host", "port", "auth_target", "project_target", "inference_target", "reduction_target", "trusted_proxies",
    },
}  # fmt: skip
"""Settings that the chart gives to each process, by values of other names than the settings have."""

_STRINGS = {"type": "object", "additionalProperties": {"type": "string"}}
_OBJECTS = {"type": "array", "items": {"type": "object"}}
_NAMES = {"type": "array", "items": {"type": "string", "minLength": 1}}
_REPLICAS = {"type": "integer", "minimum": 0, "maximum": 1000}
_PORT = {"type": "integer", "minimum": 1, "maximum": 65535}
_NETWORKS = {"type": "array", "items": {"type": "string", "pattern": r"^[0-9a-fA-F.:]+(/[0-9]{1,3})?$"}}
_DIGEST = {"type": "string", "pattern": "^(sha256:[0-9a-f]{64})?$"}
_TAG = {"type": "string", "pattern": r"^([\w][\w.-]{0,127})?$", "not": {"const": "latest"}}
_IMAGE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["repository"],
    "properties": {
        "registry": {"type": "string"},
        "repository": {"type": "string", "minLength": 1},
        "tag": _TAG,
        "digest": _DIGEST,
    },
}
_RESOURCES = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "requests": {"type": "object", "additionalProperties": _QUANTITY},
        "limits": {"type": "object", "additionalProperties": _QUANTITY},
    },
}
_RESOURCE_NAME = {"type": "string", "pattern": r"^([a-z0-9.-]+/[A-Za-z0-9._-]+)?$"}
POOL: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["models"],
    "properties": {
        "models": {
            "description": "Ids of the models that pods of this pool have loaded.",
            "type": "array",
            "minItems": 1,
            "uniqueItems": True,
            "items": {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,62}$"},
        },
        "replicas": {"description": "Pods. Default: 1.", **_REPLICAS},
        "resourceName": {
            "description": "What the device plugin calls a GPU or a slice: `nvidia.com/gpu`, `nvidia.com/mig-1g.10gb`. "
            "Default: none, the models compute on the cores that are requested.",
            **_RESOURCE_NAME,
        },
        "resourceCount": {"description": "Of it, for each pod. Default: 1.", "type": "integer", "minimum": 1},
        "runtimeClassName": {"description": "Runtime class of containers with GPUs: `nvidia`.", "type": "string"},
        "nodeSelector": {"description": "Labels of the nodes of the pool.", **_STRINGS},
        "tolerations": {"description": "Taints that keep others off these nodes.", **_OBJECTS},
        "affinity": {"description": "Affinity, as Kubernetes takes it.", "type": "object"},
        "priorityClassName": {"description": "Name of a priority class of your own.", "type": "string"},
        "resources": {"description": "Cores and memory. Default: 2 cores, 4Gi, at most 12Gi.", **_RESOURCES},
        "maxUnavailable": {
            "description": "Pods that may be away while a new version rolls out. Default: 1; GPUs are scarce, so no "
            "pod is added before one has gone.",
            "type": "integer",
            "minimum": 1,
        },
    },
}
"""One of `gpuPools`."""

SPECIAL: dict[str, dict[str, Any]] = {
    "gpuPools": {
        "type": "object",
        "additionalProperties": POOL,
        "propertyNames": {"pattern": "^[a-z0-9]([a-z0-9-]{0,18}[a-z0-9])?$"},
    },
    "logLevel": {"enum": ["DEBUG", "INFO", "WARNING", "ERROR"]},
    "global.imagePullPolicy": {"enum": ["Always", "IfNotPresent", "Never"]},
    "mail.security": {"enum": ["starttls", "tls", "none"]},
    "publicUrl": {"type": "string", "pattern": "^(https?://[^/]+)?$"},
    "stores.s3.endpoint": {"type": "string", "pattern": "^([A-Za-z0-9.-]+(:[0-9]+)?)?$"},
    "trustedProxies": _NETWORKS,
    "oidc.departments": _STRINGS,
    "extraObjects": {"type": "array", "items": {"type": ["object", "string"]}},
    "affinity": {"type": "object"},
    "image": _IMAGE,
    "objectsImage": _IMAGE,
    "port": _PORT,
    "replicas": _REPLICAS,
    "minReplicas": _REPLICAS,
    "maxReplicas": _REPLICAS,
    "resourceName": _RESOURCE_NAME,
    "resources": _RESOURCES,
    "scratch": _QUANTITY,
    "sharedMemory": _QUANTITY,
    "storage": _QUANTITY,
    "nodeSelector": _STRINGS,
    "labels": _STRINGS,
    "podAnnotations": _STRINGS,
    "httpAnnotations": _STRINGS,
    "grpcAnnotations": _STRINGS,
    "extraEnv": {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}},
    "existingSecret": {"type": "string", "pattern": rf"^$|{_NAME}"},
    **dict.fromkeys(("tolerations", "peers", "parentRefs", "extraEgress"), _OBJECTS),
    **dict.fromkeys(("networkPolicy.doors", "networkPolicy.monitoring"), _OBJECTS),
    **dict.fromkeys(("imagePullSecrets", "administratorGroups", "supervisorGroups", "models"), _NAMES),
}
"""What cannot be read off a default, by path or by the last key of it."""
