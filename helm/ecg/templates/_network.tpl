{{- /* ecg.dns: a NetworkPolicy's egress rule for name resolution. */ -}}
{{- define "ecg.dns" -}}
- ports:
    - {port: 53, protocol: UDP}
    - {port: 53, protocol: TCP}
{{- end }}

{{- /* ecg.apiServer: a NetworkPolicy's egress rule for the Kubernetes API, whose address no policy can know. Context: the root. */ -}}
{{- define "ecg.apiServer" -}}
- ports:
    {{- range .Values.networkPolicy.apiServerPorts }}
    - {port: {{ . }}}
    {{- end }}
{{- end }}

{{- /* ecg.tracingPort: a NetworkPolicy's egress rule for the receiver of spans, whose address no policy can know.
Context: the root. */ -}}
{{- define "ecg.tracingPort" -}}
{{- with .Values.tracing.endpoint -}}
{{- $url := urlParse . -}}
{{- $port := regexFind ":[0-9]+$" $url.host | trimPrefix ":" | default (ternary "443" "80" (eq $url.scheme "https")) -}}
- ports:
    - {port: {{ $port }}}
{{- end }}
{{- end }}
