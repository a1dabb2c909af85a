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
