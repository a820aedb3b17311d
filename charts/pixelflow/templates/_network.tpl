{{/* dict "root" "component" "ingress" [text, may be empty] "egress" [text, may be empty]: allows only what is given. */}}
{{- define "pixelflow.networkPolicy" -}}
{{- if .root.Values.networkPolicy.enabled -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "pixelflow.metadata" . | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "pixelflow.selectorLabels" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  {{- $meshed := and (ne .root.Values.mesh "none") (ne .component "test") }}
  {{- $ingress := ternary (print .ingress (include "pixelflow.meshIngress" .)) .ingress $meshed | trim }}
  {{- $wanted := print .egress (include "pixelflow.egressTracing" .) }}
  {{- $egress := ternary (print $wanted (include "pixelflow.meshEgress" .)) $wanted $meshed | trim }}
  {{- if $ingress }}
  ingress:
    {{- $ingress | nindent 4 }}
  {{- else }}
  ingress: []
  {{- end }}
  {{- if $egress }}
  egress:
    {{- $egress | nindent 4 }}
  {{- else }}
  egress: []
  {{- end }}
{{- end -}}
{{- end -}}

{{/* dict "root" "components" [list]: peers: pods of this release. Workers are those of all pools. */}}
{{- define "pixelflow.peers" -}}
{{- $root := .root -}}
{{- range .components }}
- podSelector:
    matchLabels:
      {{- include "pixelflow.selectorLabels" (dict "root" $root "component" .) | nindent 6 }}
{{- if eq . "worker" }}
{{- range $root.Values.worker.pools }}
- podSelector:
    matchLabels:
      {{- include "pixelflow.selectorLabels" (dict "root" $root "component" "worker" "pool" .name) | nindent 6 }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* dict "root" "from" [components] "more" [peers] "port" */}}
{{- define "pixelflow.ingressRule" -}}
- from:
    {{- include "pixelflow.peers" (dict "root" .root "components" .from) | trim | nindent 4 }}
    {{- with .more }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  ports: {{ include "pixelflow.rulePorts" . }}
{{ end -}}

{{/* dict "root" "to" [component] "port" */}}
{{- define "pixelflow.egressRule" -}}
- to:
    {{- include "pixelflow.peers" (dict "root" .root "components" (list .to)) | trim | nindent 4 }}
  ports: {{ include "pixelflow.rulePorts" . }}
{{ end -}}

{{/* Policies apply to the ports of pods: OpenShift's DNS servers listen on 5353. */}}
{{- define "pixelflow.egressDNS" -}}
- ports:
    {{- range ternary (list 53 5353) (list 53) (eq .Values.platform "openshift") }}
    - {port: {{ . }}, protocol: UDP}
    - {port: {{ . }}, protocol: TCP}
    {{- end }}
  {{- with .Values.networkPolicy.dnsTo }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{ end -}}

{{- define "pixelflow.egressAPIServer" -}}
- ports:
    {{- range .Values.networkPolicy.apiServerPorts }}
    - {port: {{ . }}, protocol: TCP}
    {{- end }}
  {{- with include "pixelflow.blocks" .Values.networkPolicy.apiServerCIDRs }}
  to:
    {{- . | trim | nindent 4 }}
  {{- end }}
{{ end -}}

{{/* list of CIDRs: peers */}}
{{- define "pixelflow.blocks" -}}
{{- range . }}
- ipBlock: {cidr: {{ . | quote }}}
{{- end }}
{{- end -}}

{{/* dict "root" "backend" "port": to the installed backing service, or to the external one. */}}
{{- define "pixelflow.egressBackend" -}}
{{- $values := index .root.Values .backend -}}
{{- if $values.enabled -}}
{{- include "pixelflow.egressRule" (dict "root" .root "to" .backend "port" .port) -}}
{{- else -}}
- ports: [{port: {{ $values.external.port }}, protocol: TCP}]
  {{- with include "pixelflow.blocks" $values.external.cidrs }}
  to:
    {{- . | trim | nindent 4 }}
  {{- end }}
{{ end -}}
{{- end -}}

{{- define "pixelflow.egressMail" -}}
{{- with .Values.auth.mail -}}
{{- if .existingSecret -}}
- ports: [{port: {{ .port }}, protocol: TCP}]
  {{- with include "pixelflow.blocks" .cidrs }}
  to:
    {{- . | trim | nindent 4 }}
  {{- end }}
{{ end -}}
{{- end -}}
{{- end -}}

{{/* dict "root" "component": to the OpenTelemetry collector. */}}
{{- define "pixelflow.egressTracing" -}}
{{- $tracing := .root.Values.tracing -}}
{{- if and $tracing.endpoint (include "pixelflow.isTraced" .) -}}
{{- $url := urlParse $tracing.endpoint -}}
{{- $port := regexFind ":[0-9]+$" $url.host | trimPrefix ":" | default (ternary "443" "80" (eq $url.scheme "https")) -}}
- ports: [{port: {{ $port }}, protocol: TCP}]
  {{- with include "pixelflow.blocks" $tracing.cidrs }}
  to:
    {{- . | trim | nindent 4 }}
  {{- end }}
{{ end -}}
{{- end -}}

{{/* To Redis, installed or external; nothing if each pod counts requests separately. */}}
{{- define "pixelflow.egressCache" -}}
{{- $external := .Values.redis.external -}}
{{- if or .Values.redis.enabled $external.url $external.existingSecret -}}
{{- include "pixelflow.egressBackend" (dict "root" . "backend" "redis" "port" 6379) -}}
{{- end -}}
{{- end -}}

{{/* dict "root" "allowed" [CIDRs] "ports" [list]: all networks except private ones, and the private ones that are allowed. */}}
{{- define "pixelflow.egressPublic" -}}
- to:
    - ipBlock:
        cidr: 0.0.0.0/0
        except:
          {{- toYaml .root.Values.networkPolicy.privateCIDRs | nindent 10 }}
    - ipBlock:
        cidr: "::/0"
        except:
          {{- toYaml .root.Values.networkPolicy.privateCIDRsV6 | nindent 10 }}
    {{- with include "pixelflow.blocks" .allowed }}
    {{- . | trim | nindent 4 }}
    {{- end }}
  ports:
    {{- range .ports }}
    {{- $ends := splitList "-" (toString .) }}
    - {port: {{ first $ends }}{{ if rest $ends }}, endPort: {{ last $ends }}{{ end }}, protocol: TCP}
    {{- end }}
{{ end -}}
