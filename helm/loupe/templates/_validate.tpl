{{/* What the schema cannot say: fails with the way out. */}}
{{- define "loupe.validate" -}}
{{- $faults := list -}}
{{- if not (or .Values.keys.existingSecret .Values.keys.generate) -}}
{{- $faults = append $faults "keys.existingSecret: name a secret with service-token-key and key-encryption-key (openssl rand -hex 32 gives each), or set keys.generate=true where Helm itself installs." -}}
{{- end -}}
{{- range list "mariadb" "mongodb" "redis" "s3" -}}
{{- $given := (get $.Values.stores .).existingSecret -}}
{{- $bundled := dig . "enabled" false $.Values.bundled -}}
{{- if and (not $given) (not $bundled) -}}
{{- $faults = append $faults (printf "stores.%s.existingSecret: name the secret that leads to it, or set bundled.%s.enabled=true for a trial." . .) -}}
{{- end -}}
{{- if and $given $bundled -}}
{{- $faults = append $faults (printf "stores.%s.existingSecret and bundled.%s.enabled exclude each other: remove one." . .) -}}
{{- end -}}
{{- end -}}
{{- if not (or .Values.stores.s3.endpoint .Values.bundled.s3.enabled) -}}
{{- $faults = append $faults "stores.s3.endpoint: say where the S3 server is, as host:port." -}}
{{- end -}}
{{- if and .Values.oidc.issuer (not (and .Values.oidc.clientId .Values.publicUrl)) -}}
{{- $faults = append $faults "oidc.issuer needs oidc.clientId and publicUrl." -}}
{{- end -}}
{{- if and .Values.admin.email (not .Values.admin.existingSecret) -}}
{{- $faults = append $faults "admin.email needs admin.existingSecret, which holds the first password." -}}
{{- end -}}
{{- if and (or .Values.ingress.enabled .Values.gatewayApi.enabled) (not .Values.doors.httpHost) -}}
{{- $faults = append $faults "ingress and gatewayApi need doors.httpHost, and doors.grpcHost where factory systems send over gRPC." -}}
{{- end -}}
{{- range include "loupe.components" . | fromYamlArray -}}
{{- $scaling := (get $.Values .).autoscaling -}}
{{- if and $scaling.enabled (gt (int $scaling.minReplicas) (int $scaling.maxReplicas)) -}}
{{- $faults = append $faults (printf "%s.autoscaling: minReplicas is above maxReplicas." .) -}}
{{- end -}}
{{- if and $scaling.enabled (dig "keda" "enabled" false $scaling) -}}
{{- $faults = append $faults (printf "%s.autoscaling: enabled and keda.enabled exclude each other: choose who scales." .) -}}
{{- end -}}
{{- end -}}
{{- with .Values.inference.autoscaling.keda -}}
{{- if and .enabled (not .redisAddress) -}}
{{- $faults = append $faults "inference.autoscaling.keda needs redisAddress." -}}
{{- end -}}
{{- end -}}
{{- range splitList "\n" (include "loupe.pools.faults" .) -}}
{{- with trim . }}{{ $faults = append $faults . }}{{ end -}}
{{- end -}}
{{- if $faults -}}
{{- fail (printf "\n\nThe values cannot work:\n  - %s\n" (join "\n  - " $faults)) -}}
{{- end -}}
{{- end -}}
