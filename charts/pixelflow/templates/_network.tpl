{{/* dict "root" "component" "ingress" [text, may be empty] "egress" [text, may be empty]: nothing but what is said. */}}
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
  {{- if .ingress | trim }}
  ingress:
    {{- .ingress | trim | nindent 4 }}
  {{- else }}
  ingress: []
  {{- end }}
  {{- if .egress | trim }}
  egress:
    {{- .egress | trim | nindent 4 }}
  {{- else }}
  egress: []
  {{- end }}
{{- end -}}
{{- end -}}

{{/* dict "root" "components" [list]: peers, pods of this release. */}}
{{- define "pixelflow.peers" -}}
{{- $root := .root -}}
{{- range .components }}
- podSelector:
    matchLabels:
      {{- include "pixelflow.selectorLabels" (dict "root" $root "component" .) | nindent 6 }}
{{- end }}
{{- end -}}

{{/* dict "root" "from" [components] "more" [peers] "port" */}}
{{- define "pixelflow.ingressRule" -}}
- from:
    {{- include "pixelflow.peers" (dict "root" .root "components" .from) | trim | nindent 4 }}
    {{- with .more }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  ports: [{port: {{ .port }}, protocol: TCP}]
{{ end -}}

{{/* dict "root" "to" [component] "port" */}}
{{- define "pixelflow.egressRule" -}}
- to:
    {{- include "pixelflow.peers" (dict "root" .root "components" (list .to)) | trim | nindent 4 }}
  ports: [{port: {{ .port }}, protocol: TCP}]
{{ end -}}

{{- define "pixelflow.egressDNS" -}}
- ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]
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

{{/* dict "root" "backend" "port": to the one that is brought, or to where the external one is. */}}
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

{{/* To Redis, wherever it is; nowhere if requests are counted in each pod alone. */}}
{{- define "pixelflow.egressCache" -}}
{{- $external := .Values.redis.external -}}
{{- if or .Values.redis.enabled $external.url $external.existingSecret -}}
{{- include "pixelflow.egressBackend" (dict "root" . "backend" "redis" "port" 6379) -}}
{{- end -}}
{{- end -}}

{{/* Everything but private networks, and those of them that are allowed. */}}
{{- define "pixelflow.egressSources" -}}
- to:
    - ipBlock:
        cidr: 0.0.0.0/0
        except:
          {{- toYaml .Values.networkPolicy.privateCIDRs | nindent 10 }}
    - ipBlock:
        cidr: "::/0"
        except:
          {{- toYaml .Values.networkPolicy.privateCIDRsV6 | nindent 10 }}
    {{- with include "pixelflow.blocks" .Values.worker.fetchAllowNetworks }}
    {{- . | trim | nindent 4 }}
    {{- end }}
  ports: [{port: 1, endPort: 65535, protocol: TCP}]
{{ end -}}
