{{/* The environment variables of each process, as maps: a name, and its value or a map of secret and key.
     `make up` sets the same ones (services/cluster); a test compares the two. */}}

{{- define "loupe.env.common" -}}
LOUPE_DATA_DIR: /var/lib/loupe
LOUPE_LOG_FORMAT: json
LOUPE_LOG_LEVEL: {{ .Values.logLevel }}
{{- if .Values.monitoring.enabled }}
LOUPE_METRICS_PORT: {{ .Values.monitoring.port | quote }}
{{- end }}
{{- with .Values.telemetry.otlpEndpoint }}
OTEL_EXPORTER_OTLP_ENDPOINT: {{ . | quote }}
{{- end }}
{{- if .Values.stores.caBundle.configMap }}
SSL_CERT_FILE: /etc/loupe/ca/{{ .Values.stores.caBundle.key }}
{{- end }}
{{- end -}}

{{- define "loupe.env.serviceToken" -}}
LOUPE_SERVICE_TOKEN_KEY: {secret: {{ include "loupe.secret.keys" . }}, key: service-token-key}
{{- end -}}

{{- define "loupe.env.trustedProxies" -}}
{{- with .root.Values.trustedProxies }}
LOUPE_{{ $.name }}_TRUSTED_PROXIES: {{ join "," . | quote }}
{{- end }}
{{- end -}}

{{/* Address of the bucket. */}}
{{- define "loupe.s3.url" -}}
{{- $s3 := .Values.stores.s3 -}}
{{- if .Values.bundled.s3.enabled -}}
http://{{ include "loupe.fullname" . }}-bundled-s3:8333/{{ $s3.bucket }}
{{- else -}}
{{ ternary "https" "http" (eq (toString $s3.secure) "true") }}://{{ $s3.endpoint }}/{{ $s3.bucket }}
{{- end -}}
{{- end -}}

{{- define "loupe.env.sharedStores" -}}
{{- $s3 := .Values.stores.s3 -}}
{{- $secret := include "loupe.secret.store" (dict "root" . "store" "s3") -}}
LOUPE_REDIS_URL: {secret: {{ include "loupe.secret.store" (dict "root" . "store" "redis") }}, key: {{ .Values.stores.redis.urlKey }}}
LOUPE_S3_ENDPOINT: {{ ternary (printf "%s-bundled-s3:8333" (include "loupe.fullname" .)) $s3.endpoint .Values.bundled.s3.enabled | quote }}
LOUPE_S3_ACCESS_KEY: {secret: {{ $secret }}, key: {{ $s3.accessKeyKey }}}
LOUPE_S3_SECRET_KEY: {secret: {{ $secret }}, key: {{ $s3.secretKeyKey }}}
LOUPE_S3_BUCKET: {{ $s3.bucket | quote }}
LOUPE_S3_SECURE: {{ ternary "false" (toString $s3.secure) .Values.bundled.s3.enabled | quote }}
{{- end -}}

{{- define "loupe.env.database" -}}
LOUPE_{{ upper .component }}_DATABASE_URL: {secret: {{ include "loupe.secret.store" (dict "root" .root "store" "mariadb") }}, key: {{ get .root.Values.stores.mariadb (printf "%sUrlKey" .component) }}}
{{- end -}}

{{- define "loupe.env.auth" -}}
LOUPE_AUTH_ADDRESS: "0.0.0.0:50051"
{{ include "loupe.env.serviceToken" . }}
LOUPE_AUTH_KEY_ENCRYPTION_KEY: {secret: {{ include "loupe.secret.keys" . }}, key: key-encryption-key}
{{ include "loupe.env.database" (dict "root" . "component" "auth") }}
LOUPE_AUTH_REDIS_URL: {secret: {{ include "loupe.secret.store" (dict "root" . "store" "redis") }}, key: {{ .Values.stores.redis.urlKey }}}
{{- include "loupe.env.trustedProxies" (dict "root" . "name" "AUTH") }}
{{- with .Values.mail }}
{{- if .host }}
LOUPE_AUTH_SMTP_HOST: {{ .host | quote }}
LOUPE_AUTH_SMTP_PORT: {{ .port | quote }}
LOUPE_AUTH_SMTP_SECURITY: {{ .security }}
{{- if .sender }}
LOUPE_AUTH_MAIL_SENDER: {{ .sender | quote }}
{{- end }}
{{- if .existingSecret }}
LOUPE_AUTH_SMTP_USERNAME: {secret: {{ .existingSecret }}, key: {{ .usernameKey }}}
LOUPE_AUTH_SMTP_PASSWORD: {secret: {{ .existingSecret }}, key: {{ .passwordKey }}}
{{- end }}
{{- end }}
{{- end }}
{{- with .Values.oidc }}
{{- if .issuer }}
LOUPE_AUTH_OIDC_ISSUER: {{ .issuer | quote }}
LOUPE_AUTH_OIDC_CLIENT_ID: {{ .clientId | quote }}
LOUPE_AUTH_OIDC_PUBLIC_URL: {{ $.Values.publicUrl | quote }}
LOUPE_AUTH_OIDC_DISPLAY_NAME: {{ .displayName | quote }}
LOUPE_AUTH_OIDC_SCOPES: {{ .scopes | quote }}
LOUPE_AUTH_OIDC_GROUPS_CLAIM: {{ .groupsClaim | quote }}
{{- with .administratorGroups }}
LOUPE_AUTH_OIDC_ADMINISTRATOR_GROUPS: {{ join "," . | quote }}
{{- end }}
{{- with .supervisorGroups }}
LOUPE_AUTH_OIDC_SUPERVISOR_GROUPS: {{ join "," . | quote }}
{{- end }}
{{- with .departments }}
LOUPE_AUTH_OIDC_DEPARTMENTS: {{ toJson . | quote }}
{{- end }}
{{- if .existingSecret }}
LOUPE_AUTH_OIDC_CLIENT_SECRET: {secret: {{ .existingSecret }}, key: {{ .clientSecretKey }}}
{{- end }}
{{- end }}
{{- end }}
{{- with .Values.admin }}
{{- if .email }}
LOUPE_AUTH_ADMIN_EMAIL: {{ .email | quote }}
LOUPE_AUTH_ADMIN_PASSWORD: {secret: {{ .existingSecret }}, key: {{ .passwordKey }}}
{{- end }}
{{- end }}
{{- end -}}

{{- define "loupe.env.project" -}}
LOUPE_PROJECT_ADDRESS: "0.0.0.0:50052"
{{ include "loupe.env.serviceToken" . }}
{{ include "loupe.env.database" (dict "root" . "component" "project") }}
{{ include "loupe.env.sharedStores" . }}
{{- range list "auth" "inference" "reduction" }}
LOUPE_PROJECT_{{ upper . }}_TARGET: {{ include "loupe.target" (dict "root" $ "component" .) }}
{{- end }}
{{- include "loupe.env.trustedProxies" (dict "root" . "name" "PROJECT") }}
{{- end -}}

{{- define "loupe.env.inference" -}}
LOUPE_INFERENCE_ADDRESS: "0.0.0.0:50053"
{{ include "loupe.env.serviceToken" . }}
LOUPE_INFERENCE_MONGODB_URL: {secret: {{ include "loupe.secret.store" (dict "root" . "store" "mongodb") }}, key: {{ .Values.stores.mongodb.urlKey }}}
{{ include "loupe.env.sharedStores" . }}
{{- range list "auth" "project" }}
LOUPE_INFERENCE_{{ upper . }}_TARGET: {{ include "loupe.target" (dict "root" $ "component" .) }}
{{- end }}
# A container sees all cores of its node: what was asked for is what it may use.
LOUPE_INFERENCE_COMPUTE_THREADS: {cores: true}
{{ include "loupe.env.torchserveTargets" . }}
{{- include "loupe.env.trustedProxies" (dict "root" . "name" "INFERENCE") }}
{{- end -}}

{{- define "loupe.env.reduction" -}}
LOUPE_REDUCTION_ADDRESS: "0.0.0.0:50054"
{{ include "loupe.env.serviceToken" . }}
LOUPE_REDUCTION_INFERENCE_TARGET: {{ include "loupe.target" (dict "root" . "component" "inference") }}
LOUPE_REDUCTION_THREADS: {cores: true}
{{- if .Values.reduction.gpu.resourceName }}
LOUPE_REDUCTION_GPU: "true"
{{- end }}
{{- end -}}

{{- define "loupe.env.gateway" -}}
LOUPE_GATEWAY_HOST: "0.0.0.0"
LOUPE_GATEWAY_PORT: "8080"
{{ include "loupe.env.serviceToken" . }}
{{- range list "auth" "project" "inference" "reduction" }}
LOUPE_GATEWAY_{{ upper . }}_TARGET: {{ include "loupe.target" (dict "root" $ "component" .) }}
{{- end }}
{{- include "loupe.env.trustedProxies" (dict "root" . "name" "GATEWAY") }}
{{- end -}}

{{/* The list of variables of a component. `config` of the component goes over what the chart says, `extraEnv` over both.
     Takes root and component. */}}
{{- define "loupe.env" -}}
{{- $values := get .root.Values .component -}}
{{- $env := merge (fromYaml (include (printf "loupe.env.%s" .component) .root)) (fromYaml (include "loupe.env.common" .root)) -}}
{{- range $key, $value := $values.config -}}
{{- $_ := set $env (printf "LOUPE_%s_%s" (upper $.component) (upper (snakecase $key))) (include "loupe.env.text" $value) -}}
{{- end -}}
{{- include "loupe.env.list" (merge (deepCopy $values.extraEnv) $env) -}}
{{- end -}}

{{/* A value of `config` as text: lists by commas, numbers as they were written. */}}
{{- define "loupe.env.text" -}}
{{- if kindIs "slice" . }}{{ join "," . }}
{{- else if and (kindIs "float64" .) (eq (floor .) .) }}{{ int64 . }}
{{- else }}{{ . }}{{ end -}}
{{- end -}}

{{- define "loupe.env.list" -}}
env:
{{- range $name, $value := . }}
  - name: {{ $name }}
{{- if not (kindIs "map" $value) }}
    value: {{ $value | toString | quote }}
{{- else if $value.secret }}
    valueFrom:
      secretKeyRef: {name: {{ $value.secret }}, key: {{ $value.key }}}
{{- else }}
    valueFrom:
      resourceFieldRef: {resource: requests.cpu, divisor: "1"}
{{- end }}
{{- end }}
{{- end -}}
