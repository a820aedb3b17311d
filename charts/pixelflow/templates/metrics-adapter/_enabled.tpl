{{/* Non-empty if PixelFlow's own adapter scales the worker. */}}
{{- define "pixelflow.metricsAdapter.enabled" -}}
{{- if eq .Values.worker.autoscaling.mode "external" }}true{{ end -}}
{{- end -}}

{{/* The names of cluster-wide objects include the namespace. */}}
{{- define "pixelflow.metricsAdapter.clusterName" -}}
{{ include "pixelflow.fullname" . }}-metrics-adapter:{{ .Release.Namespace }}
{{- end -}}
