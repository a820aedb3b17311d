{{/* A quantity of CPU in thousandths: 250m, 1, 0.5; 0 if there is none. */}}
{{- define "pixelflow.millicores" -}}
{{- $text := toString . -}}
{{- if hasSuffix "m" $text -}}{{ trimSuffix "m" $text | int }}{{- else -}}{{ mulf (float64 $text) 1000 | int }}{{- end -}}
{{- end -}}

{{/* What the pods request, for the notes: what fits where. */}}
{{- define "pixelflow.requests" -}}
{{- $cpu := 0 -}}
{{- $memory := 0 -}}
{{- $values := .Values -}}
{{- range $name := list "web" "auth" "api" "metricsAdapter" "postgres" "mongodb" "kafka" "s3" "redis" -}}
{{- $own := index $values $name -}}
{{- $pods := 1 -}}
{{- if hasKey $own "replicas" }}{{ $pods = int $own.replicas }}{{ end -}}
{{- if eq (dig "enabled" true $own) false }}{{ $pods = 0 }}{{ end -}}
{{- if and (eq $name "metricsAdapter") (ne $values.worker.autoscaling.mode "external") }}{{ $pods = 0 }}{{ end -}}
{{- $cpu = add $cpu (mul $pods (include "pixelflow.millicores" (dig "requests" "cpu" 0 $own.resources) | int)) -}}
{{- $memory = add $memory (mul $pods (include "pixelflow.mebibytes" (dig "requests" "memory" "0" $own.resources | toString) | int)) -}}
{{- end -}}
{{- $workers := 0 -}}
{{- $allCPU := $cpu -}}
{{- $allMemory := $memory -}}
{{- range include "pixelflow.workers" . | fromYamlArray -}}
{{- $pods := ternary (int .values.replicas) (int .values.autoscaling.maxReplicas) (eq .values.autoscaling.mode "none") -}}
{{- $workers = add $workers $pods -}}
{{- $allCPU = add $allCPU (mul $pods (include "pixelflow.millicores" (dig "requests" "cpu" 0 .values.resources) | int)) -}}
{{- $allMemory = add $allMemory (mul $pods (include "pixelflow.mebibytes" (dig "requests" "memory" "0" .values.resources | toString) | int)) -}}
{{- end -}}
{{- $workerCPU := include "pixelflow.millicores" (dig "requests" "cpu" 0 $values.worker.resources) | int -}}
{{- $workerMemory := include "pixelflow.mebibytes" (dig "requests" "memory" "0" $values.worker.resources | toString) | int -}}
Everything but the workers requests {{ $cpu }}m CPU and {{ $memory }} Mi of memory, and each worker {{ $workerCPU }}m and {{ $workerMemory }} Mi: with all {{ $workers }}
workers {{ $allCPU }}m and {{ $allMemory }} Mi. What does not fit on the nodes stays Pending, workers first.
{{- end -}}
