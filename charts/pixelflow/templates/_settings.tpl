{{/* The Secret with what auth and api share, and the passwords of the installed backing services. */}}
{{- define "pixelflow.secretName" -}}
{{- .Values.secrets.existingSecret | default (printf "%s-secrets" (include "pixelflow.fullname" .)) -}}
{{- end -}}

{{/* The required keys of that Secret, one per line. */}}
{{- define "pixelflow.secretKeys" -}}
service-secret
{{ if .Values.postgres.enabled }}postgres-password
{{ end }}
{{- if .Values.mongodb.enabled }}mongodb-password
{{ end }}
{{- if .Values.s3.enabled }}s3-access-key
s3-secret-key
{{ end }}
{{- if .Values.redis.enabled }}redis-password
{{ end }}
{{- end -}}

{{/* Names of the certificates in that Secret, one per line; each has the keys NAME-ca.crt, NAME.crt and NAME.key. */}}
{{- define "pixelflow.secretCertificates" -}}
{{ if .Values.s3.enabled }}s3-grpc
{{ end }}
{{- end -}}

{{- define "pixelflow.externalSecretName" -}}
{{ include "pixelflow.fullname" . }}-external
{{- end -}}

{{/* Credentials of external backing services in plain values, which must be stored in a Secret. */}}
{{- define "pixelflow.externalSecretData" -}}
{{- range $name := list "postgres" "mongodb" "kafka" "redis" }}
{{- with (index $.Values $name).external.url }}
{{ $name }}-url: {{ . | b64enc }}
{{- end }}
{{- end }}
{{- with .Values.s3.external.accessKey }}
s3-access-key: {{ . | b64enc }}
{{- end }}
{{- with .Values.s3.external.secretKey }}
s3-secret-key: {{ . | b64enc }}
{{- end }}
{{- end -}}

{{/* dict "name" [of the variable] "secret" "key" */}}
{{- define "pixelflow.envFromSecret" -}}
- name: {{ .name }}
  valueFrom: {secretKeyRef: {name: {{ .secret }}, key: {{ .key }}}}
{{- end -}}

{{/* dict "root" "backend" [postgres, mongodb, kafka or redis] "name" [of the variable]: the URL of an external backing service. */}}
{{- define "pixelflow.externalURL" -}}
{{- $external := (index .root.Values .backend).external -}}
{{- if $external.existingSecret -}}
{{- include "pixelflow.envFromSecret" (dict "name" .name "secret" $external.existingSecret "key" $external.existingSecretKey) -}}
{{- else -}}
{{- include "pixelflow.envFromSecret" (dict "name" .name "secret" (include "pixelflow.externalSecretName" .root) "key" (printf "%s-url" .backend)) -}}
{{- end -}}
{{- end -}}

{{- define "pixelflow.authDatabaseEnv" -}}
{{- if .Values.postgres.enabled -}}
{{ include "pixelflow.envFromSecret" (dict "name" "POSTGRES_PASSWORD" "secret" (include "pixelflow.secretName" .) "key" "postgres-password") }}
- name: PIXELFLOW_AUTH_DATABASE_URL
  value: postgres://pixelflow:$(POSTGRES_PASSWORD)@{{ include "pixelflow.fullname" . }}-postgres:5432/pixelflow
{{- else -}}
{{ include "pixelflow.externalURL" (dict "root" . "backend" "postgres" "name" "PIXELFLOW_AUTH_DATABASE_URL") }}
{{- end -}}
{{- end -}}

{{- define "pixelflow.taskDatabaseEnv" -}}
{{- if .Values.mongodb.enabled -}}
{{ include "pixelflow.envFromSecret" (dict "name" "MONGODB_PASSWORD" "secret" (include "pixelflow.secretName" .) "key" "mongodb-password") }}
- name: PIXELFLOW_TASK_DATABASE_URL
  value: mongodb://pixelflow:$(MONGODB_PASSWORD)@{{ include "pixelflow.fullname" . }}-mongodb:27017/pixelflow?authSource=admin
{{- else -}}
{{ include "pixelflow.externalURL" (dict "root" . "backend" "mongodb" "name" "PIXELFLOW_TASK_DATABASE_URL") }}
{{- end -}}
{{- end -}}

{{- define "pixelflow.brokerEnv" -}}
{{- if .Values.kafka.enabled -}}
- name: PIXELFLOW_BROKER_URL
  value: kafka://{{ include "pixelflow.fullname" . }}-kafka:9092
{{- else -}}
{{ include "pixelflow.externalURL" (dict "root" . "backend" "kafka" "name" "PIXELFLOW_BROKER_URL") }}
{{- end }}
- {name: PIXELFLOW_KAFKA_TOPIC, value: {{ .Values.kafka.topic | quote }}}
- {name: PIXELFLOW_KAFKA_GROUP, value: {{ .Values.kafka.group | quote }}}
{{- end -}}

{{- define "pixelflow.topicsEnv" -}}
- {name: PIXELFLOW_KAFKA_DEAD_LETTER_TOPIC, value: {{ .Values.kafka.deadLetterTopic | quote }}}
- {name: PIXELFLOW_KAFKA_EVENTS_TOPIC, value: {{ .Values.kafka.eventsTopic | quote }}}
- {name: PIXELFLOW_KAFKA_PARTITIONS, value: {{ .Values.kafka.partitions | quote }}}
{{- end -}}

{{- define "pixelflow.blobEnv" -}}
{{- $external := .Values.s3.external -}}
{{- $secret := include "pixelflow.secretName" . -}}
{{- $access := "s3-access-key" -}}
{{- $secretKey := "s3-secret-key" -}}
{{- if not .Values.s3.enabled -}}
{{- $secret = include "pixelflow.externalSecretName" . -}}
{{- with $external.existingSecret -}}
{{- $secret = . -}}
{{- $access = $external.accessKeyKey -}}
{{- $secretKey = $external.secretKeyKey -}}
{{- end -}}
{{- end -}}
{{ include "pixelflow.envFromSecret" (dict "name" "PIXELFLOW_S3_ACCESS_KEY" "secret" $secret "key" $access) }}
{{ include "pixelflow.envFromSecret" (dict "name" "PIXELFLOW_S3_SECRET_KEY" "secret" $secret "key" $secretKey) }}
- name: PIXELFLOW_BLOB_URL
  {{- if .Values.s3.enabled }}
  value: s3://{{ .Values.s3.bucket }}?endpoint=http://{{ include "pixelflow.fullname" . }}-s3:8333&region=us-east-1&path_style=true&create_bucket=true
  {{- else }}
  value: {{ $external.url | quote }}
  {{- end }}
{{- end -}}

{{/* Where requests are counted: in the installed Redis, in an external one, or in each pod separately. */}}
{{- define "pixelflow.cacheEnv" -}}
{{- $external := .Values.redis.external -}}
{{- if .Values.redis.enabled -}}
{{ include "pixelflow.envFromSecret" (dict "name" "REDIS_PASSWORD" "secret" (include "pixelflow.secretName" .) "key" "redis-password") }}
- name: PIXELFLOW_CACHE_URL
  value: redis://:$(REDIS_PASSWORD)@{{ include "pixelflow.fullname" . }}-redis:6379/0
{{- else if or $external.url $external.existingSecret -}}
{{ include "pixelflow.externalURL" (dict "root" . "backend" "redis" "name" "PIXELFLOW_CACHE_URL") }}
{{- else -}}
- {name: PIXELFLOW_CACHE_URL, value: "memory:"}
{{- end }}
- {name: PIXELFLOW_RATE_LIMITS, value: {{ ternary "on" "off" .Values.rateLimits.enabled | quote }}}
- {name: PIXELFLOW_RATE_SIGN_IN, value: {{ .Values.rateLimits.signIn | quote }}}
- {name: PIXELFLOW_RATE_READ, value: {{ .Values.rateLimits.read | quote }}}
- {name: PIXELFLOW_RATE_WRITE, value: {{ .Values.rateLimits.write | quote }}}
- {name: PIXELFLOW_RATE_UPLOAD, value: {{ .Values.rateLimits.upload | quote }}}
- {name: PIXELFLOW_RATE_HEAVY, value: {{ .Values.rateLimits.heavy | quote }}}
- {name: PIXELFLOW_RATE_ORGANISATION, value: {{ .Values.rateLimits.organisationFactor | quote }}}
{{- end -}}

{{- define "pixelflow.limitsEnv" -}}
- {name: PIXELFLOW_MAX_SOURCE_BYTES, value: {{ .Values.limits.maxSourceBytes | int64 | quote }}}
- {name: PIXELFLOW_MAX_PIXELS, value: {{ .Values.limits.maxPixels | int64 | quote }}}
- {name: PIXELFLOW_MAX_FRAMES, value: {{ .Values.limits.maxFrames | int64 | quote }}}
- {name: PIXELFLOW_FETCH_ALLOW_PORTS, value: {{ join "," .Values.limits.fetchAllowPorts | quote }}}
{{- end -}}

{{- define "pixelflow.proxiesEnv" -}}
- {name: PIXELFLOW_TRUSTED_PROXIES, value: {{ join "," .Values.trustedProxies | quote }}}
{{- end -}}

{{- /* Converts a quantity of memory to Mi, rounded down; 0 for none and for other formats. */}}
{{- define "pixelflow.mebibytes" -}}
{{- $number := regexFind "^[0-9]+" . | default "0" | int64 }}
{{- $unit := regexReplaceAll "^[0-9]+" . "" }}
{{- if eq $unit "Gi" }}{{ mul $number 1024 }}
{{- else if eq $unit "Mi" }}{{ $number }}
{{- else if eq $unit "Ki" }}{{ div $number 1024 }}
{{- else if eq $unit "G" }}{{ div (mul $number 1000000000) 1048576 }}
{{- else if eq $unit "M" }}{{ div (mul $number 1000000) 1048576 }}
{{- else if eq $unit "" }}{{ div $number 1048576 }}
{{- else }}0{{ end }}
{{- end -}}

{{/* dict "root" "component": where spans are sent; empty for components without spans. */}}
{{- define "pixelflow.tracingEnv" -}}
{{- $tracing := .root.Values.tracing -}}
{{- if and $tracing.endpoint (include "pixelflow.isTraced" .) -}}
- {name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ $tracing.endpoint | quote }}}
- {name: OTEL_TRACES_SAMPLER, value: parentbased_traceidratio}
- {name: OTEL_TRACES_SAMPLER_ARG, value: {{ $tracing.samplerRatio | quote }}}
- {name: OTEL_RESOURCE_ATTRIBUTES, value: {{ printf "k8s.namespace.name=%s,k8s.deployment.name=%s-%s" .root.Release.Namespace (include "pixelflow.fullname" .root) .component | quote }}}
{{- with $tracing.existingSecret }}
{{ include "pixelflow.envFromSecret" (dict "name" "OTEL_EXPORTER_OTLP_HEADERS" "secret" . "key" $tracing.existingSecretKey) }}
{{- end }}
{{- end -}}
{{- end -}}

{{/* dict "component": whether it creates spans. */}}
{{- define "pixelflow.isTraced" -}}
{{- if has .component (list "web" "auth" "api" "worker") }}yes{{ end -}}
{{- end -}}
