{{/* One store's container of a backup or a restore. Takes root, action, step. */}}
{{- define "loupe.backup.step" -}}
- name: {{ .step }}
  image: {{ include "loupe.image" (dict "root" .root "image" (get (dict "mariadb" .root.Values.bundled.mariadb.image "mongodb" .root.Values.bundled.mongodb.image "objects" .root.Values.backup.objectsImage) .step)) | quote }}
  imagePullPolicy: {{ .root.Values.global.imagePullPolicy }}
  command: [sh, /scripts/run.sh, {{ .action }}, {{ .step }}]
  {{- include "loupe.containerSecurity" . | nindent 2 }}
  {{- include "loupe.env.list" (merge (fromYaml (include (printf "loupe.backup.env.%s" .step) .root)) (fromYaml (include "loupe.backup.env" .root))) | nindent 2 }}
  {{- include "loupe.resources" .root.Values.backup.resources | nindent 2 }}
  volumeMounts:
    - {name: backup, mountPath: /backup}
    - {name: scripts, mountPath: /scripts, readOnly: true}
    - {name: tmp, mountPath: /tmp}
    {{- if .root.Values.stores.caBundle.configMap }}
    - {name: ca, mountPath: /etc/loupe/ca, readOnly: true}
    {{- end }}
{{- end -}}

{{- define "loupe.backup.env" -}}
HOME: /tmp
KEEP: {{ .Values.backup.keep | quote }}
RESTORE: {{ .Values.backup.restore | quote }}
{{- if .Values.stores.caBundle.configMap }}
SSL_CERT_FILE: /etc/loupe/ca/{{ .Values.stores.caBundle.key }}
{{- end }}
{{- end -}}

{{- define "loupe.backup.env.mariadb" -}}
{{- $secret := include "loupe.secret.store" (dict "root" . "store" "mariadb") -}}
AUTH_URL: {secret: {{ $secret }}, key: {{ .Values.stores.mariadb.authUrlKey }}}
PROJECT_URL: {secret: {{ $secret }}, key: {{ .Values.stores.mariadb.projectUrlKey }}}
{{- end -}}

{{- define "loupe.backup.env.mongodb" -}}
MONGODB_URL: {secret: {{ include "loupe.secret.store" (dict "root" . "store" "mongodb") }}, key: {{ .Values.stores.mongodb.urlKey }}}
{{- end -}}

{{- define "loupe.backup.env.objects" -}}
{{- $secret := include "loupe.secret.store" (dict "root" . "store" "s3") -}}
{{- $s3 := .Values.stores.s3 -}}
BUCKET: {{ $s3.bucket | quote }}
RCLONE_CONFIG_S3_TYPE: s3
RCLONE_CONFIG_S3_PROVIDER: Other
RCLONE_CONFIG_S3_ENDPOINT: {{ ternary (printf "http://%s-bundled-s3:8333" (include "loupe.fullname" .)) (printf "%s://%s" (ternary "https" "http" $s3.secure) $s3.endpoint) .Values.bundled.s3.enabled | quote }}
RCLONE_CONFIG_S3_ACCESS_KEY_ID: {secret: {{ $secret }}, key: {{ $s3.accessKeyKey }}}
RCLONE_CONFIG_S3_SECRET_ACCESS_KEY: {secret: {{ $secret }}, key: {{ $s3.secretKeyKey }}}
{{- end -}}
