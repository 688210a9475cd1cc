{{/* What all pods share. Everything here is clean under the Pod Security level `restricted`. */}}

{{- define "loupe.podSecurity" -}}
automountServiceAccountToken: {{ .token | default false }}
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: {{ .user | default 10001 }}
  runAsGroup: {{ .user | default 10001 }}
  fsGroup: {{ .user | default 10001 }}
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- end -}}

{{- define "loupe.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  capabilities:
    drop: [ALL]
{{- end -}}

{{/* Where pods go. Takes root, component, selector (labels) and place (values with nodeSelector, tolerations, ...). */}}
{{- define "loupe.placement" -}}
{{- with .place.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .place.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .place.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .place.priorityClassName | default (ternary (printf "%s-%s" (include "loupe.fullname" .root) (ternary "batch" "serving" (has .component (list "inference" "reduction" "torchserve" "backup")))) "" .root.Values.priorityClasses.create) }}
priorityClassName: {{ . }}
{{- end }}
topologySpreadConstraints:
{{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- $.selector | nindent 8 }}
{{- end }}
{{- end -}}

{{/* Native gRPC probes. `live` is SERVING as long as the process answers; the server as a whole is SERVING when its stores
     and models answer, so a store that is away takes pods out of service and restarts none of them. Takes component. */}}
{{- define "loupe.probes" -}}
{{- if eq .component "gateway" -}}
startupProbe:
  httpGet: {path: /healthz, port: http}
  periodSeconds: 2
  failureThreshold: 60
livenessProbe:
  httpGet: {path: /healthz, port: http}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: {path: /healthz, port: http}
  periodSeconds: 5
  timeoutSeconds: 3
{{- else -}}
{{- $port := include "loupe.port" .component -}}
startupProbe:
  # The port opens after the stores have answered; inference loads its models after that.
  grpc: {port: {{ $port }}, service: live}
  periodSeconds: 3
  timeoutSeconds: 3
  failureThreshold: 200
livenessProbe:
  grpc: {port: {{ $port }}, service: live}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  grpc: {port: {{ $port }}}
  periodSeconds: 5
  timeoutSeconds: 3
{{- end }}
{{- end -}}

{{/* Resources and a GPU beside them. Takes resources and gpu (values with resourceName and resourceCount). */}}
{{- define "loupe.resourcesWithGpu" -}}
{{- $resources := deepCopy .resources -}}
{{- with .gpu.resourceName -}}
{{- $gpu := dict . (int ($.gpu.resourceCount | default 1)) -}}
{{- range list "requests" "limits" -}}
{{- $_ := set $resources . (merge (deepCopy $gpu) (dig . dict $resources)) -}}
{{- end -}}
{{- end -}}
{{- toYaml $resources -}}
{{- end -}}

{{/* Own container resources with a bound on what goes to the node's disk. */}}
{{- define "loupe.resources" -}}
resources:
  {{- toYaml . | nindent 2 }}
{{- end -}}
