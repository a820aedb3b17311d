{{/* dict "root" "inject": labels of a pod for the mesh. Pods that end, such as those of Jobs, are not part of it. */}}
{{- define "pixelflow.meshLabels" -}}
{{- if eq .root.Values.mesh "istio" -}}
sidecar.istio.io/inject: {{ .inject | quote }}
{{- end -}}
{{- end -}}

{{/* dict "root" "inject" "skip" [a port that the proxy skips] "opaque" [a port that is not HTTP]: annotations of a pod. */}}
{{- define "pixelflow.meshAnnotations" -}}
{{- if eq .root.Values.mesh "linkerd" -}}
linkerd.io/inject: {{ ternary "enabled" "disabled" .inject }}
{{- if .inject }}
# The proxy starts before the service and ends after it, so that probes, preStop and the last requests work.
# Linkerd 2.19 uses the first name, 2.20 the second, with this as its default.
config.beta.linkerd.io/proxy-enable-native-sidecar: "true"
config.linkerd.io/proxy-enable-native-sidecar: "true"
{{- end }}
{{- with .skip }}
config.linkerd.io/skip-inbound-ports: {{ . | quote }}
{{- end }}
{{- with .opaque }}
config.linkerd.io/opaque-ports: {{ . | quote }}
{{- end }}
{{- else if and (eq .root.Values.mesh "istio") .inject -}}
# As with Linkerd: Istio uses native sidecars by default only from 1.27 on, and not in every managed installation.
sidecar.istio.io/nativeSidecar: "true"
proxy.istio.io/config: '{"holdApplicationUntilProxyStarts": true}'
{{- with .skip }}
traffic.sidecar.istio.io/excludeInboundPorts: {{ . | quote }}
{{- end }}
{{- end -}}
{{- end -}}

{{/* The port on which proxies connect to each other; empty without a mesh. */}}
{{- define "pixelflow.meshPort" -}}
{{- if eq .Values.mesh "linkerd" }}4143{{ else if eq .Values.mesh "istio" }}15008{{ end -}}
{{- end -}}

{{/* dict "root" "port": the ports of a rule between pods of this release. The policies of the mesh restrict traffic through its port. */}}
{{- define "pixelflow.rulePorts" -}}
[{port: {{ .port }}, protocol: TCP}{{ with include "pixelflow.meshPort" .root }}, {port: {{ . }}, protocol: TCP}{{ end }}]
{{- end -}}

{{/*
dict "root" "egress" [of the pod itself]: what every proxy needs: the control plane, and DNS to find it. The proxies of the backing
services, which connect to nothing themselves, get no certificate otherwise, and the containers behind them do not start.
*/}}
{{- define "pixelflow.meshEgress" -}}
{{- $planes := dict "linkerd" (list 8080 8086 8090) "istio" (list 15012) -}}
{{- with get $planes .root.Values.mesh }}
{{- if not $.egress }}
{{ include "pixelflow.egressDNS" $.root }}
{{- end }}
- to:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: {{ ternary "linkerd" "istio-system" (eq $.root.Values.mesh "linkerd") }}
  ports:
    {{- range . }}
    - {port: {{ . }}, protocol: TCP}
    {{- end }}
{{ end }}
{{- end -}}

{{/* dict "root": Prometheus reads the metrics of the proxies. */}}
{{- define "pixelflow.meshIngress" -}}
{{- $ports := dict "linkerd" 4191 "istio" 15020 -}}
{{- $port := get $ports .root.Values.mesh -}}
{{- if and $port .root.Values.networkPolicy.prometheusFrom }}
- from:
    {{- toYaml .root.Values.networkPolicy.prometheusFrom | nindent 4 }}
  ports: [{port: {{ $port }}, protocol: TCP}]
{{ end }}
{{- end -}}

{{/*
The allowed connections, as in the network policies: component, port, the components that may connect, and whether the port serves
probes and metrics to clients outside of the mesh (kubelet, `helm test`, Prometheus). `public`: another port, which
is open to everyone.
*/}}
{{- define "pixelflow.meshFlows" -}}
- {component: web, port: 3001, from: [], probes: true, http: true, public: 3000}
- {component: auth, port: 50051, from: [web, api], probes: true, http: true}
- {component: api, port: 8080, from: [web], probes: true, http: true}
- {component: worker, port: 8081, from: [], probes: true, http: true}
{{- range .Values.worker.pools }}
- {component: worker-{{ .name }}, selects: worker, pool: {{ .name }}, port: 8081, from: [], probes: true, http: true}
{{- end }}
{{- if include "pixelflow.metricsAdapter.enabled" . }}
- {component: metrics-adapter, port: 8082, from: [], probes: true, http: true}
{{- end }}
{{- if .Values.postgres.enabled }}
- {component: postgres, port: 5432, from: [auth]}
{{- end }}
{{- if .Values.mongodb.enabled }}
- {component: mongodb, port: 27017, from: [api, worker]}
{{- end }}
{{- if .Values.kafka.enabled }}
- {component: kafka, port: 9092, from: [api, worker{{ if include "pixelflow.metricsAdapter.enabled" . }}, metrics-adapter{{ end }}], open: {{ eq .Values.worker.autoscaling.mode "keda" }}}
{{- end }}
{{- if .Values.redis.enabled }}
- {component: redis, port: 6379, from: [auth, api]}
{{- end }}
{{- if .Values.s3.enabled }}
- {component: s3, port: 8333, from: [api, worker], http: true}
{{- end }}
{{- end -}}
