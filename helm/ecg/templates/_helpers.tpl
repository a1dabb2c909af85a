{{- /* ecg.scalar: a value as text: numbers in full, never as 1e+06. Context: the value. */ -}}
{{- define "ecg.scalar" -}}
{{ ternary . (toRawJson .) (kindIs "string" .) }}
{{- end }}

{{- /* ecg.field: a field and its value, or nothing where that is empty.
Call: include "ecg.field" (list 6 "annotations" .podAnnotations), 6: its indentation */ -}}
{{- define "ecg.field" -}}
{{- with index . 2 }}
{{- print (index $ 1) ":" | nindent (first $) }}
{{- toYaml . | nindent (add (first $) 2 | int) }}
{{- end }}
{{- end }}

{{- /* ecg.given: those fields of a map that have a value. Call: include "ecg.given" (list 2 .service "ipFamilies"), 2: their indentation */ -}}
{{- define "ecg.given" -}}
{{- range $field := slice . 2 }}
{{- with get (index $ 1) $field }}
{{- printf "%s: %s" $field (toRawJson .) | nindent (first $) }}
{{- end }}
{{- end }}
{{- end }}

{{- /* ecg.more: further items of a list, or keys of a map. Call: include "ecg.more" (list 8 .extraVolumes), 8: their indentation */ -}}
{{- define "ecg.more" -}}
{{- with last . }}
{{- toYaml . | nindent (first $) }}
{{- end }}
{{- end }}

{{- /* ecg.pinned: "true" where each serving pod serves the one version of its template. Context: the root. */ -}}
{{- define "ecg.pinned" -}}
{{- if eq .Values.serving.versions "pinned" }}true{{ end -}}
{{- end }}

{{- /* ecg.serviceMonitor: where Prometheus finds a component's metrics: `port` names a port of its Service, `targetPort` one
of its container, which the Service need not have. Call: include "ecg.serviceMonitor" (list . "port: http" "/metrics") */ -}}
{{- define "ecg.serviceMonitor" -}}
{{- $root := index . 0 -}}
{{- $port := index . 1 -}}
{{- $path := index . 2 -}}
{{- with $root.Values.serviceMonitor -}}
{{- if .enabled -}}
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  name: {{ include "ecg.self" $root }}
  labels:
    {{- include "ecg.labelsAnd" (list $root .labels) | nindent 4 }}
spec:
  selector:
    matchLabels:
      {{- include "ecg.selector" $root | nindent 6 }}
  endpoints:
    - {{ $port }}
      path: {{ $path }}
      interval: {{ .interval }}
{{- end }}
{{- end }}
{{- end }}
