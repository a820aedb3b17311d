{{/* The name prefix of all objects, short enough for every suffix. */}}
{{- define "pixelflow.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
dict "root" "component" "pool" [of workers]: the selector of a Deployment and its Service. Never changes. The selectors of two Deployments
must not overlap, because an autoscaler rejects this. So the pods of a pool have their own name.
*/}}
{{- define "pixelflow.selectorLabels" -}}
{{- $name := default .root.Chart.Name .root.Values.nameOverride -}}
app.kubernetes.io/name: {{ if .pool }}{{ trunc 47 $name }}-{{ .pool }}{{ else }}{{ trunc 63 $name }}{{ end }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* dict "root" "component" "pool" "label" [its name in pfctl, instead of the component] */}}
{{- define "pixelflow.labels" -}}
{{ include "pixelflow.selectorLabels" (dict "root" .root "component" (.label | default .component) "pool" .pool) }}
app.kubernetes.io/part-of: pixelflow
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* dict "root" "component" "pool" [of workers]: name, namespace and labels of an object. */}}
{{- define "pixelflow.metadata" -}}
name: {{ include "pixelflow.fullname" .root }}-{{ .component }}{{ with .pool }}-{{ . }}{{ end }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "pixelflow.labels" . | nindent 2 }}
{{- end -}}

{{/* dict "root" "image": a reference by digest if set, otherwise by tag. */}}
{{- define "pixelflow.image" -}}
{{- $registry := coalesce .root.Values.global.imageRegistry .image.registry .root.Values.image.registry -}}
{{- $repository := .image.repository -}}
{{- if $registry -}}
{{- $repository = printf "%s/%s" (trimSuffix "/" $registry) .image.repository -}}
{{- end -}}
{{- if .image.digest -}}
{{- printf "%s@%s" $repository .image.digest -}}
{{- else -}}
{{- printf "%s:%s" $repository (coalesce .image.tag .root.Values.image.tag .root.Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{- define "pixelflow.pullSecrets" -}}
{{- with concat (.Values.global.imagePullSecrets | default list) (.Values.imagePullSecrets | default list) -}}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end -}}
{{- end -}}
