{{- define "loupe.validate.pools" -}}
{{- end -}}
