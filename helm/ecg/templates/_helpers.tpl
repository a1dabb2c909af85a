{{- /* ecg.fullname: how all names begin: the release's name, and the chart's unless that is in it. Context: the root. */ -}}
{{- define "ecg.fullname" -}}
{{- $name := ternary .Release.Name (printf "%s-%s" .Release.Name .Chart.Name) (contains .Chart.Name .Release.Name) -}}
{{- $name | trunc 40 | trimSuffix "-" -}}
{{- end }}

{{- /* ecg.name: the name of a component's objects. Call: include "ecg.name" (list . "serving") */ -}}
{{- define "ecg.name" -}}
{{ include "ecg.fullname" (first .) }}-{{ last . }}
{{- end }}

{{- /* ecg.component: the folder of the template that is being rendered. Context: the root. */ -}}
{{- define "ecg.component" -}}
{{ .Template.Name | dir | base }}
{{- end }}

{{- /* ecg.self: the name of the objects of the component that is being rendered. Context: the root. */ -}}
{{- define "ecg.self" -}}
{{ include "ecg.name" (list . (include "ecg.component" .)) }}
{{- end }}

{{- /* ecg.selects: labels that select the pods of a component. Call: include "ecg.selects" (list . "serving") */ -}}
{{- define "ecg.selects" -}}
app.kubernetes.io/name: {{ (first .).Chart.Name }}
app.kubernetes.io/instance: {{ (first .).Release.Name }}
app.kubernetes.io/component: {{ last . }}
{{- end }}

{{- /* ecg.selector: the labels of this component's pods; they never change, so that no upgrade restarts a pod for them. */ -}}
{{- define "ecg.selector" -}}
{{ include "ecg.selects" (list . (include "ecg.component" .)) }}
{{- end }}

{{- /* ecg.labels: the labels of this component's other objects. Context: the root. */ -}}
{{- define "ecg.labels" -}}
{{ include "ecg.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- /* ecg.image: image and pull policy of a container. Call: include "ecg.image" (list . .Values.gateway.image) */ -}}
{{- define "ecg.image" -}}
{{- $root := first . -}}
{{- $image := last . -}}
image: {{ $image.repository }}:{{ include "ecg.scalar" ($image.tag | default $root.Chart.AppVersion) }}
imagePullPolicy: {{ $root.Values.images.pullPolicy }}
{{- end }}

{{- /* ecg.scalar: a value as text: numbers in full, never as 1e+06. Context: the value. */ -}}
{{- define "ecg.scalar" -}}
{{ ternary . (toRawJson .) (kindIs "string" .) }}
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
{{- with $root.Values.images.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
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
            app.kubernetes.io/name: {{ .Chart.Name }}
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

{{- /* ecg.serviceAccount: an account of a component's own, which may do nothing. Call: include "ecg.serviceAccount" (list . .Values.gateway) */ -}}
{{- define "ecg.serviceAccount" -}}
{{- $root := first . -}}
{{- if not (last .).serviceAccountName -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "ecg.self" $root }}
  labels:
    {{- include "ecg.labels" $root | nindent 4 }}
automountServiceAccountToken: false
{{- end }}
{{- end }}

{{- /* ecg.disruptionBudget: a drained node takes one replica at a time. Call: include "ecg.disruptionBudget" (list . enabled) */ -}}
{{- define "ecg.disruptionBudget" -}}
{{- $root := first . -}}
{{- if last . -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "ecg.self" $root }}
  labels:
    {{- include "ecg.labels" $root | nindent 4 }}
spec:
  maxUnavailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "ecg.selector" $root | nindent 6 }}
{{- end }}
{{- end }}

{{- /* ecg.dns: a NetworkPolicy's egress rule for name resolution. */ -}}
{{- define "ecg.dns" -}}
- ports:
    - {port: 53, protocol: UDP}
    - {port: 53, protocol: TCP}
{{- end }}

{{- /* ecg.pinned: "true" where each serving pod serves the one version of its template. Context: the root. */ -}}
{{- define "ecg.pinned" -}}
{{- if eq .Values.serving.versions "pinned" }}true{{ end -}}
{{- end }}

{{- /* ecg.mayUse: a Role and its binding: what an account may do to the serving Deployment, and to nothing else.
Call: include "ecg.mayUse" (list . .Values.gateway "get") */ -}}
{{- define "ecg.mayUse" -}}
{{- $root := index . 0 -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{ include "ecg.self" $root }}
  labels:
    {{- include "ecg.labels" $root | nindent 4 }}
rules:
  - apiGroups: [apps]
    resources: [deployments]
    resourceNames: [{{ include "ecg.name" (list $root "serving") }}]
    verbs: {{ slice . 2 | toRawJson }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ include "ecg.self" $root }}
  labels:
    {{- include "ecg.labels" $root | nindent 4 }}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: {{ include "ecg.self" $root }}}
subjects:
  - kind: ServiceAccount
    name: {{ (index . 1).serviceAccountName | default (include "ecg.self" $root) }}
    namespace: {{ $root.Release.Namespace }}
{{- end }}

{{- /* ecg.keysVolume: a Secret's entry as the file `key`. Mounted as a folder, so that a change of the Secret reaches it.
Call: include "ecg.keysVolume" (list . entry) */ -}}
{{- define "ecg.keysVolume" -}}
- name: keys
  secret: {secretName: {{ (first .).Values.gateway.apiKeys.existingSecret }}, defaultMode: 0440, items: [{key: {{ last . }}, path: key}]}
{{- end }}

{{- /* ecg.keysMount: where the gateway finds its file of keys, and others their own key. */ -}}
{{- define "ecg.keysMount" -}}
- {name: keys, mountPath: /var/run/secrets/ecg, readOnly: true}
{{- end }}

{{- /* ecg.tokenVolume: the account's token, for the containers that mount it only. */ -}}
{{- define "ecg.tokenVolume" -}}
- name: token
  projected:
    sources:
      - serviceAccountToken: {path: token, expirationSeconds: 3600}
      - configMap: {name: kube-root-ca.crt, items: [{key: ca.crt, path: ca.crt}]}
      - downwardAPI: {items: [{path: namespace, fieldRef: {fieldPath: metadata.namespace}}]}
{{- end }}

{{- /* ecg.tokenMount: where Kubernetes' clients look for it. */ -}}
{{- define "ecg.tokenMount" -}}
- {name: token, mountPath: /var/run/secrets/kubernetes.io/serviceaccount, readOnly: true}
{{- end }}

{{- /* ecg.apiServer: a NetworkPolicy's egress rule for the Kubernetes API, whose address no policy can know. Context: the root. */ -}}
{{- define "ecg.apiServer" -}}
- ports:
    {{- range .Values.networkPolicy.apiServerPorts }}
    - {port: {{ . }}}
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

{{- /* ecg.managementPort: the name of the gateway's container port for metrics and probes. Context: the root. */ -}}
{{- define "ecg.managementPort" -}}
{{ ternary "management" "http" (gt (int .Values.gateway.managementPort) 0) }}
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
    {{- include "ecg.labels" $root | nindent 4 }}
    {{- with .labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
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
