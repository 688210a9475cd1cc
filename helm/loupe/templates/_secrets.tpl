{{/* A random value that is made once, in base64: what the cluster has is kept. An upgrade that cannot look into the cluster
     fails, for it would make another one. Takes root, name of the secret and the key in it. */}}
{{- define "loupe.kept" -}}
{{- $found := lookup "v1" "Secret" .root.Release.Namespace .name -}}
{{- if and (not $found) .root.Release.IsUpgrade (not (lookup "v1" "Secret" .root.Release.Namespace "")) -}}
{{- fail (printf "Secret %s cannot be looked up, and an upgrade must not make another one: use --dry-run=server, or name secrets of your own in the values." .name) -}}
{{- end -}}
{{ dig "data" .key "" ($found | default dict) | default (randAlphaNum 48 | b64enc) }}
{{- end -}}

{{/* Digest of all secrets that were given: whoever changes one restarts the pods with the next upgrade. */}}
{{- define "loupe.secrets.checksum" -}}
{{- $contents := dict -}}
{{- range (concat (values .Values.stores) (list .Values.keys .Values.mail .Values.oidc .Values.admin)) -}}
{{- with get . "existingSecret" -}}
{{- $_ := set $contents . (dig "data" dict (lookup "v1" "Secret" $.Release.Namespace . | default dict)) -}}
{{- end -}}
{{- end -}}
{{- toJson $contents | sha256sum -}}
{{- end -}}
