{{- /* ecg.fullname: how all names begin: the release's name, and the chart's unless that is in it. A long name is cut, and
a hash of all of it keeps it apart from others that begin alike. Context: the root. */ -}}
{{- define "ecg.fullname" -}}
{{- $chart := include "ecg.chart" . -}}
{{- $name := ternary .Release.Name (printf "%s-%s" .Release.Name $chart) (contains $chart .Release.Name) -}}
{{- $name = .Values.fullnameOverride | default $name -}}
{{- if gt (len $name) 40 -}}
{{- $name = printf "%s-%s" ($name | trunc 31 | trimSuffix "-") (sha256sum $name | trunc 8) -}}
{{- end -}}
{{ $name }}
{{- end }}

{{- /* ecg.chart: the chart's name, or what the values put in its place. Context: the root. */ -}}
{{- define "ecg.chart" -}}
{{ .Values.nameOverride | default .Chart.Name }}
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
app.kubernetes.io/name: {{ include "ecg.chart" (first .) }}
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
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* ecg.labelsAnd: those labels and further ones. Call: include "ecg.labelsAnd" (list . .Values.dashboard.labels) */ -}}
{{- define "ecg.labelsAnd" -}}
{{ mergeOverwrite (include "ecg.labels" (first .) | fromYaml) (last .) | toYaml }}
{{- end }}
