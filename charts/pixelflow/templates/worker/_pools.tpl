{{/*
The Deployments of workers as a YAML list of "pool" (empty for the first) and "values". A pool inherits the values of `worker` that it
does not set. It replaces scheduling rules as a whole, because the combination of two selectors would match no node.
*/}}
{{- define "pixelflow.workers" -}}
{{- $worker := omit .Values.worker "pools" -}}
{{- $all := list (dict "pool" "" "values" $worker) -}}
{{- range .Values.worker.pools -}}
{{- $own := omit . "name" -}}
{{- $values := mergeOverwrite (deepCopy $worker) (deepCopy $own) -}}
{{- range $key := list "nodeSelector" "affinity" -}}
{{- if hasKey $own $key }}{{ $_ := set $values $key (index $own $key) }}{{ end -}}
{{- end -}}
{{- $all = append $all (dict "pool" .name "values" $values) -}}
{{- end -}}
{{- toYaml $all -}}
{{- end -}}

{{/* The highest target of all pools: the reported lag, and the messages at the broker, must be sufficient for each of them. */}}
{{- define "pixelflow.worker.targetLag" -}}
{{- $target := 0 -}}
{{- range include "pixelflow.workers" . | fromYamlArray -}}
{{- $target = max $target (int .values.autoscaling.targetLag) -}}
{{- end -}}
{{- $target -}}
{{- end -}}

{{/*
dict "root" "pool": the autoscaler that KEDA makes. Its name differs from that of the chart's own: KEDA deletes it only some time after the
ScaledObject, and Helm cannot create another of the same name until then. KEDA accepts at most 63 characters.
*/}}
{{- define "pixelflow.worker.kedaAutoscaler" -}}
keda-{{ include "pixelflow.fullname" .root | trunc 34 | trimSuffix "-" }}-worker{{ with .pool }}-{{ . }}{{ end }}
{{- end -}}

{{/* A service's values: scales up immediately, and down by one pod per minute. */}}
{{- define "pixelflow.worker.behavior" -}}
scaleUp:
  stabilizationWindowSeconds: 0
  selectPolicy: Max
  policies:
    - {type: Percent, value: 100, periodSeconds: 15}
    - {type: Pods, value: 4, periodSeconds: 15}
scaleDown:
  stabilizationWindowSeconds: {{ .autoscaling.scaleDownStabilizationSeconds }}
  selectPolicy: Max
  policies:
    - {type: Pods, value: 1, periodSeconds: 60}
{{- end -}}

{{/* dict "root" "values" */}}
{{- define "pixelflow.worker.env" -}}
- {name: PIXELFLOW_HOST, value: {{ .root.Values.host | quote }}}
- {name: PIXELFLOW_WORKER_PORT, value: "8081"}
{{ include "pixelflow.taskDatabaseEnv" .root }}
{{ include "pixelflow.brokerEnv" .root }}
{{ include "pixelflow.topicsEnv" .root }}
{{ include "pixelflow.blobEnv" .root }}
{{ include "pixelflow.limitsEnv" .root }}
- {name: PIXELFLOW_RENDER_PROCESSES, value: {{ .values.renderProcesses | quote }}}
- {name: PIXELFLOW_WORKER_SLOTS, value: {{ .values.slots | quote }}}
{{- if lt (len .values.lanes) 3 }}
- {name: PIXELFLOW_WORKER_LANES, value: {{ join "," .values.lanes | quote }}}
{{- end }}
- {name: PIXELFLOW_RENDER_TIMEOUT, value: {{ .values.renderTimeoutSeconds | quote }}}
- {name: PIXELFLOW_SHUTDOWN_GRACE, value: {{ .values.shutdownGraceSeconds | quote }}}
{{- with .values.fetchAllowNetworks }}
- {name: PIXELFLOW_FETCH_ALLOW_NETWORKS, value: {{ join "," . | quote }}}
{{- end }}
{{- end -}}
