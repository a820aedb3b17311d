{{/* Converts a quantity of CPU (250m, 1, 0.5) to millicores; 0 if there is none. */}}
{{- define "pixelflow.millicores" -}}
{{- $text := toString . -}}
{{- if hasSuffix "m" $text -}}{{ trimSuffix "m" $text | int }}{{- else -}}{{ mulf (float64 $text) 1000 | int }}{{- end -}}
{{- end -}}

{{/* The total requests of the pods, for the notes. */}}
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

{{/*
The images for which each Deployment of workers has enough memory, if this is less than the accepted maximum: 16 MiB per million pixels,
after the deductions in docs/production.md. Empty if a memory limit or the processes' share of it is set elsewhere.
*/}}
{{- define "pixelflow.pixels" -}}
{{- $limits := .Values.limits -}}
{{- $copies := div (mul 4 (int64 $limits.maxSourceBytes)) 1048576 -}}
{{- $wanted := divf (mul 16 (int64 $limits.maxPixels)) 1000000 | ceil | int -}}
{{- range include "pixelflow.workers" . | fromYamlArray -}}
{{- $memory := include "pixelflow.mebibytes" (dig "limits" "memory" "" .values.resources | toString) | int -}}
{{- $processes := int .values.renderProcesses -}}
{{- $share := 0 -}}
{{- $isKnown := gt $memory 0 -}}
{{- if $isKnown }}{{ $share = max 0 (sub (div (sub $memory 256) $processes) (add 36 $copies)) | int }}{{ end -}}
{{- range .values.extraEnv }}{{ if eq .name "PIXELFLOW_RENDER_MEMORY" }}{{ $isKnown = false }}{{ end }}{{ end -}}
{{- if and $isKnown (lt $share $wanted) }}
{{ ternary "worker" (printf "worker pool %s" .pool) (empty .pool) }}: each render process has {{ $share }} Mi, which is enough for {{ div $share 16 }} megapixels in every format. limits.maxPixels admits {{ div (int64 $limits.maxPixels) 1000000 }};
larger images may be refused with image_too_large_in_memory. resources.limits.memory: {{ add 256 (mul $processes (add 36 $copies $wanted)) }}Mi is enough for all.
{{- end -}}
{{- end -}}
{{- end -}}
