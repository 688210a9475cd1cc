{{/* Who calls whom: of each component its port, its callers, whom it calls, its stores, and ports outside the cluster. */}}
{{- define "loupe.edges" -}}
{{- $torchserve := .Values.torchserve.enabled -}}
{{- $otlp := ternary (list (regexFind "[0-9]+$" (trimSuffix "/" .Values.telemetry.otlpEndpoint) | default "4317")) list (ne .Values.telemetry.otlpEndpoint "") -}}
auth:
  port: 50051
  door: true
  measured: true
  callers: [gateway, project, inference]
  stores: [mariadb, redis]
  outside: {{ concat $otlp (ternary (list (toString .Values.mail.port)) list (ne .Values.mail.host "")) (ternary (list (toString .Values.oidc.port)) list (ne .Values.oidc.issuer "")) | toJson }}
project:
  port: 50052
  door: true
  measured: true
  callers: [gateway, inference]
  calls: [auth, inference, reduction]
  stores: [mariadb, redis, s3]
  outside: {{ toJson $otlp }}
inference:
  port: 50053
  door: true
  measured: true
  callers: [gateway, project, reduction]
  calls: {{ ternary (list "auth" "project" "torchserve") (list "auth" "project") $torchserve | toJson }}
  stores: [mongodb, redis, s3]
  # With TorchServe it asks Kubernetes for pods.
  outside: {{ concat $otlp (ternary (list "443" "6443") list $torchserve) | uniq | toJson }}
reduction:
  port: 50054
  measured: true
  callers: [gateway, project]
  calls: [inference]
  outside: {{ toJson $otlp }}
gateway:
  port: 8080
  door: true
  measured: true
  callers: [helm-test]
  calls: [auth, project, inference, reduction]
  outside: {{ toJson $otlp }}
migrate:
  stores: [mariadb]
{{- if .Values.backup.enabled }}
backup:
  stores: [mariadb, mongodb, s3]
{{- end }}
helm-test:
  calls: [gateway]
{{- if $torchserve }}
torchserve:
  port: 7070
  measured: true
  callers: [inference]
  # Archives of registered models.
  stores: [s3]
{{- end }}
{{- range $store, $values := .Values.bundled }}
{{- if $values.enabled }}
bundled-{{ $store }}:
  port: {{ include "loupe.bundled.port" $store }}
  callers: {{ get (dict "mariadb" (list "auth" "project" "migrate" "backup") "redis" (list "auth" "project" "inference") "mongodb" (list "inference" "backup") "s3" (list "project" "inference" "torchserve" "backup")) $store | toJson }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "loupe.bundled.port" -}}
{{- get (dict "mariadb" "3306" "redis" "6379" "mongodb" "27017" "s3" "8333") . -}}
{{- end -}}
