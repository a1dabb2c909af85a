{{- /* ecg.live: the model servers' Deployment as it is in the cluster, as JSON; empty before the first installation and where
helm asks no cluster, as `helm template` and GitOps tools do. Context: the root. */ -}}
{{- define "ecg.live" -}}
{{- lookup "apps/v1" "Deployment" .Release.Namespace (include "ecg.name" (list . "serving")) | default dict | toJson -}}
{{- end }}

{{- /* ecg.progressDeadline: seconds until an update without progress counts as failed: minutes while a model is served; the
first rollout includes the wait for the first training. Context: the root. */ -}}
{{- define "ecg.progressDeadline" -}}
{{- $served := gt (int (dig "status" "availableReplicas" 0 (fromJson (include "ecg.live" .)))) 0 -}}
{{- add .Values.serving.startupSeconds (ternary 300 .Values.training.deadlineSeconds $served) -}}
{{- end }}

{{- /* ecg.heldBack: the version of a candidate that holds the model servers' update back; empty without. Context: the root. */ -}}
{{- define "ecg.heldBack" -}}
{{- $live := fromJson (include "ecg.live" .) -}}
{{- if dig "spec" "paused" false $live -}}
{{- with dig "metadata" "annotations" "rollout.ecg/candidate" "" $live | fromJson }}{{ with .version }}{{ int . }}{{ end }}{{ end -}}
{{- end -}}
{{- end }}
