{{/* dict "root" "component" "port" "protocol" [tcp unless given]: a StatefulSet with one pod and its Service, only for backing services that the chart installs. */}}
{{- define "pixelflow.backendService" -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "pixelflow.metadata" . | nindent 2 }}
  {{- if and (eq .root.Values.mesh "linkerd") (ne .protocol "http") }}
  annotations:
    config.linkerd.io/opaque-ports: {{ .port | quote }}
  {{- end }}
spec:
  type: ClusterIP
  selector:
    {{- include "pixelflow.selectorLabels" . | nindent 4 }}
  ports:
    - {name: {{ .component }}, port: {{ .port }}, targetPort: {{ .component }}, protocol: TCP, appProtocol: {{ .protocol | default "tcp" }}}
{{- end -}}

{{/* dict "root" "component" "values" "uid" "grace" "opaque" [its port, if not HTTP] "volatile" [whether it needs no volume]: everything
     up to the container. */}}
{{- define "pixelflow.backendHead" -}}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  {{- include "pixelflow.metadata" . | nindent 2 }}
spec:
  replicas: 1
  serviceName: {{ include "pixelflow.fullname" .root }}-{{ .component }}
  selector:
    matchLabels:
      {{- include "pixelflow.selectorLabels" . | nindent 6 }}
  {{- if not .volatile }}
  volumeClaimTemplates:
    - apiVersion: v1
      kind: PersistentVolumeClaim
      metadata:
        name: data
        labels:
          {{- include "pixelflow.selectorLabels" . | nindent 10 }}
      spec:
        accessModes: [ReadWriteOnce]
        {{- with coalesce .values.storageClass .root.Values.global.storageClass }}
        storageClassName: {{ . }}
        {{- end }}
        resources:
          requests:
            storage: {{ .values.storage }}
  {{- end }}
  template:
    metadata:
      labels:
        {{- include "pixelflow.selectorLabels" . | nindent 8 }}
        app.kubernetes.io/part-of: pixelflow
        {{- with include "pixelflow.meshLabels" (dict "root" .root "inject" true) }}
        {{- . | nindent 8 }}
        {{- end }}
      {{- with include "pixelflow.meshAnnotations" (dict "root" .root "inject" true "opaque" .opaque) }}
      annotations:
        {{- . | nindent 8 }}
      {{- end }}
    spec:
      automountServiceAccountToken: false
      enableServiceLinks: false
      {{- with include "pixelflow.pullSecrets" .root }}
      {{- . | nindent 6 }}
      {{- end }}
      terminationGracePeriodSeconds: {{ .grace }}
      securityContext:
        {{- include "pixelflow.identity" . | nindent 8 }}
        seccompProfile:
          type: RuntimeDefault
{{- end -}}

{{/* dict "root" "values": image and security context of the container. */}}
{{- define "pixelflow.backendImage" -}}
image: {{ include "pixelflow.image" (dict "root" .root "image" .values.image) | quote }}
imagePullPolicy: IfNotPresent
securityContext:
  {{- include "pixelflow.containerSecurity" .root | nindent 2 }}
{{- end -}}
