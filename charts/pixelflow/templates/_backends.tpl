{{/* dict "root" "component": a StatefulSet of one pod and its Service; only for backing services that are brought. */}}
{{- define "pixelflow.backendService" -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "pixelflow.metadata" . | nindent 2 }}
spec:
  type: ClusterIP
  selector:
    {{- include "pixelflow.selectorLabels" . | nindent 4 }}
  ports:
    - {name: {{ .component }}, port: {{ .port }}, targetPort: {{ .component }}, protocol: TCP}
{{- end -}}

{{/* dict "root" "component" "values" "uid" "grace" "volatile" [whether it needs no volume]: everything up to the container. */}}
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
    spec:
      automountServiceAccountToken: false
      enableServiceLinks: false
      {{- with include "pixelflow.pullSecrets" .root }}
      {{- . | nindent 6 }}
      {{- end }}
      terminationGracePeriodSeconds: {{ .grace }}
      securityContext:
        runAsNonRoot: true
        runAsUser: {{ .uid }}
        runAsGroup: {{ .uid }}
        fsGroup: {{ .uid }}
        fsGroupChangePolicy: OnRootMismatch
        seccompProfile:
          type: RuntimeDefault
{{- end -}}

{{/* dict "root" "values": image and security of the container. */}}
{{- define "pixelflow.backendImage" -}}
image: {{ include "pixelflow.image" (dict "root" .root "image" .values.image) | quote }}
imagePullPolicy: IfNotPresent
securityContext:
  {{- include "pixelflow.containerSecurity" .root | nindent 2 }}
{{- end -}}
