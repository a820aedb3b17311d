{{/* Non-empty if a Job creates the Secret. */}}
{{- define "pixelflow.bootstrap.enabled" -}}
{{- if and (not .Values.secrets.existingSecret) (include "pixelflow.secretKeys" . | trim) }}true{{ end -}}
{{- end -}}

{{/* dict "root" "weight": runs before everything else, and is deleted afterwards. */}}
{{- define "pixelflow.bootstrap.metadata" -}}
{{- include "pixelflow.metadata" (dict "root" .root "component" "bootstrap-secrets") }}
annotations:
  helm.sh/hook: pre-install,pre-upgrade
  helm.sh/hook-weight: {{ .weight | quote }}
  helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end -}}
