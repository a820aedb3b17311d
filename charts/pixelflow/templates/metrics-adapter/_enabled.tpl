{{/* Non-empty where the worker is scaled by our own adapter. */}}
{{- define "pixelflow.metricsAdapter.enabled" -}}
{{- if eq .Values.worker.autoscaling.mode "external" }}true{{ end -}}
{{- end -}}

{{/* Objects outside of the namespace carry its name. */}}
{{- define "pixelflow.metricsAdapter.clusterName" -}}
{{ include "pixelflow.fullname" . }}-metrics-adapter:{{ .Release.Namespace }}
{{- end -}}
