{{/* Names and labels. Components are called as the folders of the services are. */}}

{{- define "loupe.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 30 | trimSuffix "-" -}}
{{- else if contains "loupe" .Release.Name -}}
{{- .Release.Name | trunc 30 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-loupe" .Release.Name | trunc 30 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Labels by which pods are selected; they never change between releases. Takes root and component. */}}
{{- define "loupe.selector" -}}
app.kubernetes.io/name: loupe
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* All labels of an object. Takes root and component. */}}
{{- define "loupe.labels" -}}
{{ include "loupe.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/part-of: loupe
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* Port on which a component answers. */}}
{{- define "loupe.port" -}}
{{- get (dict "auth" "50051" "project" "50052" "inference" "50053" "reduction" "50054" "gateway" "8080" "torchserve" "7070") . -}}
{{- end -}}

{{/* Address of a service for gRPC clients: a headless name, so that calls spread over all pods. Takes root and component. */}}
{{- define "loupe.target" -}}
dns:///{{ include "loupe.fullname" .root }}-{{ .component }}.{{ .root.Release.Namespace }}.svc:{{ include "loupe.port" .component }}
{{- end -}}

{{/* The four gRPC services and the gateway. */}}
{{- define "loupe.components" -}}
[auth, project, inference, reduction, gateway]
{{- end -}}

{{/* Names of the secrets, given or made by this chart. */}}
{{- define "loupe.secret.keys" -}}
{{ .Values.keys.existingSecret | default (printf "%s-keys" (include "loupe.fullname" .)) }}
{{- end -}}
{{- define "loupe.secret.store" -}}
{{- $given := (get .root.Values.stores .store).existingSecret -}}
{{ $given | default (printf "%s-bundled-%s" (include "loupe.fullname" .root) .store) }}
{{- end -}}
