{{/* dict "root": PixelFlow's own images run as nobody, and write only to /tmp. */}}
{{- define "pixelflow.podSecurity" -}}
{{ include "pixelflow.identity" (dict "root" .root "uid" 65532) }}
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{/* dict "root" "uid": the user of a pod. OpenShift assigns users to each namespace and rejects others. */}}
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

{{/* dict "port" [name of a port]: allows a slow start, removes the pod from the Service quickly, and restarts it only after a long time. */}}
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

{{/* dict of a service's values: the nodes on which its pods may run. */}}
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

{{/* dict "root" "component" "values": the priority on a full node. Workers are preempted before everything else. */}}
{{- define "pixelflow.priorityClass" -}}
{{- if .values.priorityClassName -}}
priorityClassName: {{ .values.priorityClassName }}
{{- else if and (eq .component "worker") .root.Values.priorityClass.create -}}
priorityClassName: {{ include "pixelflow.workerPriorityClass" .root }}
{{- end -}}
{{- end -}}

{{/*
The names of cluster-wide objects include the namespace. This one includes the value, which cannot be changed in a PriorityClass: another
value is another object. `-5` gives `…-worker-5`, `5` gives `…-worker5`.
*/}}
{{- define "pixelflow.workerPriorityClass" -}}
{{ printf "%s-%s-worker%d" .Release.Namespace (include "pixelflow.fullname" .) (int64 .Values.priorityClass.workerValue) }}
{{- end -}}

{{/*
A Deployment of one of PixelFlow's services.
dict "root" "component" "pool" [of workers] "label" [of the Deployment] "values" "ports" [text] "probePort" "env" [text] "replicas" [nil: set by an autoscaler]
     "unmeshedPort" [a port that the proxy of a mesh skips] "token" [whether the pod uses the API server] "surge" "unavailable" [during an update] "grace" [overrides that of the service]
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
    rollingUpdate: {maxSurge: {{ .surge | default 1 }}, maxUnavailable: {{ .unavailable | default 0 }}}
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
      # Otherwise, the Service "…-web" would set PIXELFLOW_WEB_PORT=tcp://… in every pod.
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
          # Processes read their memory limit only at startup, when a worker divides it among its render processes.
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

{{/* dict "root" "component" "pods" [the maximum number] */}}
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
