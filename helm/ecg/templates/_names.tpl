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
