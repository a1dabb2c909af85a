{{- /* ecg.replicas: how many pods a Deployment has. An autoscaled one keeps those that it has, and has minReplicas at
least: without the field Kubernetes would go down to 1 until the autoscaler has looked. Where nothing can be looked up the
field is left out. Call: include "ecg.replicas" (list . .Values.gateway) */ -}}
{{- define "ecg.replicas" -}}
{{- $root := first . -}}
{{- $values := last . -}}
{{- if not $values.autoscaling.enabled -}}
replicas: {{ $values.replicas }}
{{- else -}}
{{- with lookup "apps/v1" "Deployment" $root.Release.Namespace (include "ecg.self" $root) -}}
replicas: {{ max .spec.replicas $values.autoscaling.minReplicas }}
{{- end }}
{{- end }}
{{- end }}

{{- /* ecg.autoscaler: what changes the number of a Deployment's pods, where that is wanted. Call: include "ecg.autoscaler" (list . .Values.gateway) */ -}}
{{- define "ecg.autoscaler" -}}
{{- $root := first . -}}
{{- with (last .).autoscaling -}}
{{- if .enabled -}}
apiVersion: {{ empty .triggers | ternary "autoscaling/v2" "keda.sh/v1alpha1" }}
kind: {{ empty .triggers | ternary "HorizontalPodAutoscaler" "ScaledObject" }}
metadata:
  name: {{ include "ecg.self" $root }}
  labels:
    {{- include "ecg.labels" $root | nindent 4 }}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{ include "ecg.self" $root }}}
  {{- if .triggers }}
  minReplicaCount: {{ .minReplicas }}
  maxReplicaCount: {{ .maxReplicas }}
  triggers:
    {{- toYaml .triggers | nindent 4 }}
  {{- else }}
  minReplicas: {{ .minReplicas }}
  maxReplicas: {{ .maxReplicas }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target: {type: Utilization, averageUtilization: {{ .targetCPUPercent }}}
  {{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- /* ecg.disruptionBudget: a drained node takes one replica at a time. Call: include "ecg.disruptionBudget" (list . .Values.gateway) */ -}}
{{- define "ecg.disruptionBudget" -}}
{{- $root := first . -}}
{{- with last . -}}
{{- $replicas := ternary .autoscaling.minReplicas .replicas .autoscaling.enabled -}}
{{- if and .podDisruptionBudget (gt (int $replicas) 1) -}}
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
{{- end }}
