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
serviceAccountName: {{ include "ecg.account" . }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with $values.podSecurityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with include "ecg.pullSecrets" $root }}
{{ . }}
{{- end }}
{{- with include "ecg.affinity" . }}
{{ . }}
{{- end }}
{{- with include "ecg.spread" . }}
{{ . }}
{{- end }}
{{- include "ecg.given" (list 0 $values "nodeSelector" "tolerations" "priorityClassName" "runtimeClassName" "hostAliases" "dnsConfig" "terminationGracePeriodSeconds") }}
{{- end }}

{{- /* ecg.podLabels: the labels of a component's pods. Call: include "ecg.podLabels" (list . .Values.gateway) */ -}}
{{- define "ecg.podLabels" -}}
{{ include "ecg.selector" (first .) }}
{{- with merge (dict) ((last .).podLabels | default dict) ((first .).Values.commonLabels | default dict) }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* ecg.container: what the containers of a component have in common. Call: include "ecg.container" (list . .Values.gateway) */ -}}
{{- define "ecg.container" -}}
{{ include "ecg.image" (list (first .) (last .).image) }}
{{- include "ecg.confined" (last .) }}
{{- with last . }}
resources:
  {{- toYaml .resources | nindent 2 }}
{{- with .envFrom }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end }}

{{- /* ecg.confined: the security context of a component's containers, on lines of its own. Context: the component's values. */ -}}
{{- define "ecg.confined" -}}
{{- with .containerSecurityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* ecg.variables: those of all Deployments. Call: include "ecg.variables" (list . .Values.gateway) */ -}}
{{- define "ecg.variables" -}}
{{ include "ecg.tracing" (first .) }}
{{- with (last .).extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* ecg.probe: a probe of the chart with what the values change; none where they have null.
Call: include "ecg.probe" (list . "livenessProbe" "httpGet: {...}") */ -}}
{{- define "ecg.probe" -}}
{{- $own := fromYaml (index . 2) -}}
{{- with get (first .) (index . 1) -}}
{{- if pick . "httpGet" "tcpSocket" "grpc" "exec" -}}
{{- $own = omit $own "httpGet" "tcpSocket" "grpc" "exec" -}}
{{- end -}}
{{ index $ 1 }}:
  {{- merge (dict) . $own | toYaml | nindent 2 }}
{{- end }}
{{- end }}

{{- /* ecg.lifecycle: a leaving pod works on until nobody asks it any more. Context: the component's values. */ -}}
{{- define "ecg.lifecycle" -}}
{{- $own := dict "preStop" (dict "sleep" (dict "seconds" .preStopSeconds)) -}}
{{- $given := .lifecycle | default dict -}}
lifecycle:
  {{- merge (dict) $given (hasKey $given "preStop" | ternary (dict) $own) | toYaml | nindent 2 }}
{{- end }}

{{- /* ecg.spread: how a component's pods spread over nodes. Call: include "ecg.spread" (list . .Values.gateway) */ -}}
{{- define "ecg.spread" -}}
{{- $own := dict "labelSelector" (dict "matchLabels" (include "ecg.selector" (first .) | fromYaml)) -}}
{{- with (last .).topologySpreadConstraints -}}
topologySpreadConstraints:
  {{- range . }}
  - {{ merge (dict) . (hasKey . "labelSelector" | ternary (dict) $own) | toYaml | nindent 4 | trim }}
  {{- end }}
{{- end }}
{{- end }}

{{- /* ecg.affinity: the values', and on a ReadWriteOnce claim the term that keeps together those who mount it.
Call: include "ecg.affinity" (list . .Values.gateway) */ -}}
{{- define "ecg.affinity" -}}
{{- $affinity := (last .).affinity | default dict | deepCopy -}}
{{- with include "ecg.sameNode" (first .) -}}
{{- $required := "requiredDuringSchedulingIgnoredDuringExecution" -}}
{{- $pods := $affinity.podAffinity | default dict -}}
{{- $terms := append (get $pods $required | default list) (fromYaml .) -}}
{{- $affinity = set $affinity "podAffinity" (set $pods $required $terms) -}}
{{- end -}}
{{- with $affinity -}}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* ecg.sameNode: the pods that mount a ReadWriteOnce claim go to one node, as no other could mount it. The first of
them matches itself, so none waits for another. Context: the root. */ -}}
{{- define "ecg.sameNode" -}}
{{- $mount := list "training" "serving" "test" -}}
{{- if and (not (include "ecg.fromImages" .)) (eq .Values.models.accessMode "ReadWriteOnce") (has (include "ecg.component" .) $mount) -}}
topologyKey: kubernetes.io/hostname
labelSelector:
  matchLabels:
    app.kubernetes.io/name: {{ include "ecg.chart" . }}
    app.kubernetes.io/instance: {{ .Release.Name }}
  matchExpressions:
    - {key: app.kubernetes.io/component, operator: In, values: {{ toRawJson $mount }}}
{{- end }}
{{- end }}

{{- /* ecg.modelsVolume: the volume with the model versions; where they are images, a folder of the pod's own.
Call: include "ecg.modelsVolume" (list . true), true: read only */ -}}
{{- define "ecg.modelsVolume" -}}
{{- $root := first . -}}
- name: models
  {{- if include "ecg.fromImages" $root }}
  emptyDir: {}
  {{- else }}
  persistentVolumeClaim:
    claimName: {{ $root.Values.models.existingClaim | default (include "ecg.name" (list $root "models")) }}
    readOnly: {{ last . }}
  {{- end }}
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
