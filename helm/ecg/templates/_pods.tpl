{{- /* ecg.image: image and pull policy of a container. Call: include "ecg.image" (list . .Values.gateway.image) */ -}}
{{- define "ecg.image" -}}
{{- $root := first . -}}
{{- with last . -}}
{{- $registry := $root.Values.global.imageRegistry | default .registry -}}
{{- $tag := include "ecg.scalar" (.tag | default $root.Chart.AppVersion) -}}
image: {{ list $registry .repository | compact | join "/" }}{{ ternary (print "@" .digest) (print ":" $tag) (ne .digest "") }}
imagePullPolicy: {{ $root.Values.images.pullPolicy }}
{{- end }}
{{- end }}

{{- /* ecg.pullSecrets: each secret once, whether its name or an object was given. Context: the root. */ -}}
{{- define "ecg.pullSecrets" -}}
{{- $secrets := list -}}
{{- range concat .Values.global.imagePullSecrets .Values.images.pullSecrets -}}
{{- $secrets = append $secrets (ternary . (dict "name" .) (kindIs "map" .)) -}}
{{- end -}}
{{- with uniq $secrets -}}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* ecg.pod: what the pods of all components have in common. Call: include "ecg.pod" (list . .Values.gateway) */ -}}
{{- define "ecg.pod" -}}
{{- $root := first . -}}
{{- $values := last . -}}
serviceAccountName: {{ $values.serviceAccountName | default (include "ecg.self" $root) }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- with include "ecg.pullSecrets" $root }}
{{ . }}
{{- end }}
{{- with $values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* ecg.confined: the security context of every container. */ -}}
{{- define "ecg.confined" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{- /* ecg.spread: replicas on different nodes where there is a choice. Context: the root. */ -}}
{{- define "ecg.spread" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "ecg.selector" . | nindent 8 }}
    matchLabelKeys: [pod-template-hash]
{{- end }}

{{- /* ecg.sameNode: the pods that mount a ReadWriteOnce claim go to one node, as no other could mount it. The first of
them matches itself, so none waits for another. Context: the root. */ -}}
{{- define "ecg.sameNode" -}}
{{- if eq .Values.models.accessMode "ReadWriteOnce" -}}
affinity:
  podAffinity:
    requiredDuringSchedulingIgnoredDuringExecution:
      - topologyKey: kubernetes.io/hostname
        labelSelector:
          matchLabels:
            app.kubernetes.io/name: {{ include "ecg.chart" . }}
            app.kubernetes.io/instance: {{ .Release.Name }}
          matchExpressions:
            - {key: app.kubernetes.io/component, operator: In, values: [training, serving, test]}
{{- end }}
{{- end }}

{{- /* ecg.modelsVolume: the volume with the model versions. Call: include "ecg.modelsVolume" (list . true), true: read only */ -}}
{{- define "ecg.modelsVolume" -}}
{{- $root := first . -}}
- name: models
  persistentVolumeClaim:
    claimName: {{ $root.Values.models.existingClaim | default (include "ecg.name" (list $root "models")) }}
    readOnly: {{ last . }}
{{- end }}

{{- /* ecg.tracing: OpenTelemetry's variables of this component, where its spans are wanted. Context: the root. */ -}}
{{- define "ecg.tracing" -}}
{{- with .Values.tracing -}}
{{- if .endpoint -}}
- {name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ .endpoint | quote }}}
- {name: OTEL_SERVICE_NAME, value: {{ include "ecg.self" $ }}}
{{- range $name, $value := .env }}
{{- if has $name (list "OTEL_EXPORTER_OTLP_ENDPOINT" "OTEL_SERVICE_NAME") }}
{{- fail (printf "tracing.env.%s: the chart sets this variable itself" $name) }}
{{- end }}
- {name: {{ $name }}, value: {{ include "ecg.scalar" $value | quote }}}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- /* ecg.managementPort: the name of the gateway's container port for metrics and probes. Context: the root. */ -}}
{{- define "ecg.managementPort" -}}
{{ ternary "management" "http" (gt (int .Values.gateway.managementPort) 0) }}
{{- end }}
