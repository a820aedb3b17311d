{{/* dict "root": our own images run as nobody, and write to /tmp only. */}}
{{- define "pixelflow.podSecurity" -}}
{{ include "pixelflow.identity" (dict "root" .root "uid" 65532) }}
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{/* dict "root" "uid": who a pod runs as. OpenShift gives each namespace users of its own and refuses others. */}}
{{- define "pixelflow.identity" -}}
runAsNonRoot: true
{{- if ne .root.Values.platform "openshift" }}
runAsUser: {{ .uid }}
runAsGroup: {{ .uid }}
fsGroup: {{ .uid }}
{{- end }}
fsGroupChangePolicy: OnRootMismatch
{{- end -}}

{{- define "pixelflow.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* dict "port" [name of a port]: long to start, quick to leave the Service, slow to be killed. */}}
{{- define "pixelflow.probes" -}}
startupProbe:
  httpGet: {path: /livez, port: {{ .port }}}
  periodSeconds: 2
  failureThreshold: 60
livenessProbe:
  httpGet: {path: /livez, port: {{ .port }}}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: {path: /readyz, port: {{ .port }}}
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 2
{{- end -}}

{{/* dict "root" "component" "pool" */}}
{{- define "pixelflow.topologySpread" -}}
{{- if .root.Values.topologySpread.enabled -}}
topologySpreadConstraints:
  {{- range $key := list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - maxSkew: 1
    topologyKey: {{ $key }}
    whenUnsatisfiable: {{ ternary $.root.Values.topologySpread.zoneWhenUnsatisfiable "ScheduleAnyway" (hasSuffix "/zone" $key) }}
    labelSelector:
      matchLabels:
        {{- include "pixelflow.selectorLabels" $ | nindent 8 }}
    matchLabelKeys: [pod-template-hash]
  {{- end }}
{{- end -}}
{{- end -}}

{{/* dict of a service's values: where its pods may run. */}}
{{- define "pixelflow.placement" -}}
{{- with .nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* dict "root" "component" "values": what goes first where a node is full. Workers give way to everything else. */}}
{{- define "pixelflow.priorityClass" -}}
{{- if .values.priorityClassName -}}
priorityClassName: {{ .values.priorityClassName }}
{{- else if and (eq .component "worker") .root.Values.priorityClass.create -}}
priorityClassName: {{ include "pixelflow.workerPriorityClass" .root }}
{{- end -}}
{{- end -}}

{{/* Objects outside of the namespace carry its name. */}}
{{- define "pixelflow.workerPriorityClass" -}}
{{ printf "%s-%s-worker" .Release.Namespace (include "pixelflow.fullname" .) }}
{{- end -}}

{{/*
A Deployment of one of our services.
dict "root" "component" "pool" [of workers] "label" [of the Deployment] "values" "ports" [text] "probePort" "env" [text] "replicas" [nil: an autoscaler's business]
     "unmeshedPort" [a port that the proxy of a mesh leaves alone] "token" [whether the pod talks to the API server] "surge" "grace" [instead of the service's own]
*/}}
{{- define "pixelflow.deployment" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "pixelflow.metadata" . | nindent 2 }}
spec:
  {{- if not (kindIs "invalid" .replicas) }}
  replicas: {{ .replicas }}
  {{- end }}
  selector:
    matchLabels:
      {{- include "pixelflow.selectorLabels" . | nindent 6 }}
  strategy:
    type: RollingUpdate
    rollingUpdate: {maxSurge: {{ .surge | default 1 }}, maxUnavailable: 0}
  template:
    metadata:
      labels:
        {{- include "pixelflow.selectorLabels" . | nindent 8 }}
        app.kubernetes.io/part-of: pixelflow
        {{- with include "pixelflow.meshLabels" (dict "root" .root "inject" true) }}
        {{- . | nindent 8 }}
        {{- end }}
        {{- with .values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      annotations:
        kubectl.kubernetes.io/default-container: {{ .component }}
        {{- with include "pixelflow.meshAnnotations" (dict "root" .root "inject" true "skip" .unmeshedPort) }}
        {{- . | nindent 8 }}
        {{- end }}
        {{- with include "pixelflow.externalSecretData" .root }}
        checksum/external: {{ sha256sum . }}
        {{- end }}
        {{- with .values.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      serviceAccountName: {{ include "pixelflow.fullname" .root }}-{{ .component }}
      automountServiceAccountToken: {{ .token | default false }}
      # Else the Service "…-web" would set PIXELFLOW_WEB_PORT=tcp://… in every pod.
      enableServiceLinks: false
      {{- with include "pixelflow.pullSecrets" .root }}
      {{- . | nindent 6 }}
      {{- end }}
      securityContext:
        {{- include "pixelflow.podSecurity" . | nindent 8 }}
      terminationGracePeriodSeconds: {{ .grace | default .values.terminationGracePeriodSeconds }}
      containers:
        - name: {{ .component }}
          image: {{ include "pixelflow.image" (dict "root" .root "image" .values.image) | quote }}
          imagePullPolicy: {{ .root.Values.image.pullPolicy }}
          securityContext:
            {{- include "pixelflow.containerSecurity" . | nindent 12 }}
          ports:
            {{- .ports | nindent 12 }}
          env:
            {{- .env | nindent 12 }}
            - {name: PIXELFLOW_LOG_LEVEL, value: {{ .root.Values.logging.level }}}
            - {name: PIXELFLOW_LOG_FORMAT, value: {{ .root.Values.logging.format }}}
            {{- with include "pixelflow.tracingEnv" . }}
            {{- . | nindent 12 }}
            {{- end }}
            {{- with .values.extraEnv }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          {{- include "pixelflow.probes" (dict "port" .probePort) | nindent 10 }}
          {{- if .values.preStopSeconds }}
          lifecycle:
            preStop:
              sleep: {seconds: {{ .values.preStopSeconds }}}
          {{- end }}
          resources:
            {{- toYaml .values.resources | nindent 12 }}
          {{- if .root.Values.inPlaceResize.enabled }}
          # A process reads its memory limit once, when it starts: a worker shares it out among its render processes.
          resizePolicy:
            - {resourceName: cpu, restartPolicy: NotRequired}
            - {resourceName: memory, restartPolicy: RestartContainer}
          {{- end }}
          volumeMounts:
            - {name: tmp, mountPath: /tmp}
      {{- with include "pixelflow.topologySpread" . }}
      {{- . | nindent 6 }}
      {{- end }}
      {{- with include "pixelflow.placement" .values }}
      {{- . | nindent 6 }}
      {{- end }}
      {{- with include "pixelflow.priorityClass" . }}
      {{- . | nindent 6 }}
      {{- end }}
      volumes:
        - name: tmp
          emptyDir: {}
{{- end -}}

{{/* dict "root" "component" "values" "port" [of the container] */}}
{{- define "pixelflow.service" -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "pixelflow.metadata" . | nindent 2 }}
  {{- with .values.service.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: {{ .values.service.type }}
  selector:
    {{- include "pixelflow.selectorLabels" . | nindent 4 }}
  ports:
    - {name: http, port: {{ .values.service.port }}, targetPort: http, protocol: TCP, appProtocol: http}
{{- end -}}

{{/* dict "root" "component" "values" */}}
{{- define "pixelflow.serviceAccount" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "pixelflow.metadata" . | nindent 2 }}
  {{- with .values.serviceAccountAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
automountServiceAccountToken: false
{{- end -}}

{{/* dict "root" "component" "pods" [the most there may be] */}}
{{- define "pixelflow.disruptionBudget" -}}
{{- if and .root.Values.podDisruptionBudget.enabled (gt (int .pods) 1) -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "pixelflow.metadata" . | nindent 2 }}
spec:
  maxUnavailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "pixelflow.selectorLabels" . | nindent 6 }}
{{- end -}}
{{- end -}}
