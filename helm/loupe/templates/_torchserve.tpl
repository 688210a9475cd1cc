{{/* Address of a pool. Takes root and pool. */}}
{{- define "loupe.torchserve.target" -}}
dns:///{{ include "loupe.fullname" .root }}-torchserve-{{ .pool }}.{{ .root.Release.Namespace }}.svc:{{ include "loupe.port" "torchserve" }}
{{- end -}}

{{/* Name of the pool that registered models run in. */}}
{{- define "loupe.torchserve.registeredPool" -}}
{{- $withGpus := list -}}
{{- range $pool, $values := .Values.gpuPools -}}
{{- if $values.resourceName -}}
{{- $withGpus = append $withGpus $pool -}}
{{- end -}}
{{- end -}}
{{- .Values.torchserve.registeredPool | default (first (sortAlpha ($withGpus | default (keys .Values.gpuPools)))) -}}
{{- end -}}

{{/* What inference has to know: where each model is, and where those are that no pool names. */}}
{{- define "loupe.env.torchserveTargets" -}}
{{- if .Values.torchserve.enabled -}}
{{- $targets := dict -}}
{{- $pods := dict -}}
{{- range $pool, $values := .Values.gpuPools -}}
{{- $target := include "loupe.torchserve.target" (dict "root" $ "pool" $pool) -}}
{{- $_ := set $pods $target (printf "app.kubernetes.io/instance=%s,app.kubernetes.io/component=torchserve,loupe/pool=%s" $.Release.Name $pool) -}}
{{- range $values.models -}}
{{- $_ := set $targets . $target -}}
{{- end -}}
{{- end -}}
LOUPE_INFERENCE_TORCHSERVE_TARGET: {{ include "loupe.torchserve.target" (dict "root" . "pool" (include "loupe.torchserve.registeredPool" .)) }}
LOUPE_INFERENCE_TORCHSERVE_TARGETS: {{ toJson $targets | quote }}
LOUPE_INFERENCE_TORCHSERVE_PODS: {{ toJson $pods | quote }}
{{- end -}}
{{- end -}}

{{/* Variables of TorchServe. Takes root, pool (its values). */}}
{{- define "loupe.env.torchserve" -}}
LOUPE_TORCHSERVE_HOST: "0.0.0.0"
LOUPE_TORCHSERVE_PORT: {{ include "loupe.port" "torchserve" | quote }}
LOUPE_TORCHSERVE_MODELS: {{ toJson .pool.models | quote }}
LOUPE_TORCHSERVE_ARCHIVES_URL: {{ include "loupe.s3.url" .root }}/models/
# Tokens are a file on one machine; between pods the network policy says who may call.
LOUPE_TORCHSERVE_TOKENS: "false"
LOUPE_TORCHSERVE_DEVICE: {{ ternary "auto" "cpu" (ne (.pool.resourceName | default "") "") }}
LOUPE_TORCHSERVE_COMPUTE_THREADS: {cores: true}
LOUPE_TORCHSERVE_LOAD_SECONDS: {{ .root.Values.torchserve.loadSeconds | quote }}
{{- end -}}

{{/* Faults of the pools, each on a line. */}}
{{- define "loupe.pools.faults" -}}
{{- $placed := dict -}}
{{- if and .Values.torchserve.enabled (not .Values.gpuPools) }}
torchserve.enabled needs at least one of gpuPools; without TorchServe inference computes on its own cores.
{{- end }}
{{- with .Values.torchserve.registeredPool }}
{{- if not (hasKey $.Values.gpuPools .) }}
torchserve.registeredPool is {{ . }} and gpuPools has no such pool: it has {{ keys $.Values.gpuPools | sortAlpha | join ", " | default "none" }}.
{{- end }}
{{- end }}
{{- if and .Values.gpuPools (not .Values.torchserve.enabled) }}
gpuPools are there and torchserve.enabled is false: set it, or remove them.
{{- end }}
{{- range $pool, $values := .Values.gpuPools }}
{{- range $values.models }}
{{- if hasKey $placed . }}
gpuPools.{{ $pool }}: model {{ . }} is in pool {{ get $placed . }} already; a model belongs to one pool.
{{- end }}
{{- $_ := set $placed . $pool }}
{{- end }}
{{- end }}
{{- end -}}
