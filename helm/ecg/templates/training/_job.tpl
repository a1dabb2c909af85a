{{- /* training.file: the path of the beats in the training pod; empty if none were named. Context: the root. */ -}}
{{- define "training.file" -}}
{{- $data := .Values.data -}}
{{- if gt (len (compact (list $data.content $data.configMap.name $data.url $data.existingClaim))) 1 }}
{{- fail "data: give one of content, configMap.name, url and existingClaim, not several" }}
{{- end -}}
{{- if $data.content -}}
/data/beats.csv
{{- else if $data.configMap.name -}}
/data/{{ $data.configMap.key }}
{{- else if $data.url -}}
/data/{{ get (urlParse $data.url) "path" | base }}
{{- else if $data.existingClaim -}}
/data/{{ required "data.path: which file of the claim data.existingClaim holds the beats?" $data.path }}
{{- end }}
{{- end }}

{{- /* training.dataVolume: the volume that is mounted at /data. Context: the root. */ -}}
{{- define "training.dataVolume" -}}
{{- $data := .Values.data -}}
- name: data
  {{- if $data.content }}
  configMap: {name: {{ include "ecg.name" (list . "data") }}}
  {{- else if $data.configMap.name }}
  configMap: {name: {{ $data.configMap.name }}}
  {{- else if $data.existingClaim }}
  persistentVolumeClaim: {claimName: {{ $data.existingClaim }}, readOnly: true}
  {{- else }}
  emptyDir: {}
  {{- end }}
{{- end }}

{{- /* training.container: what both containers of the pod have in common. Context: the root. */ -}}
{{- define "training.container" -}}
{{ include "ecg.image" (list . .Values.training.image) }}
{{ include "ecg.confined" . }}
resources:
  {{- toYaml .Values.training.resources | nindent 2 }}
{{- with .Values.training.env }}
env:
  {{- range $name, $value := . }}
  - {name: {{ $name }}, value: {{ include "ecg.scalar" $value | quote }}}
  {{- end }}
{{- end }}
{{- end }}

{{- /* training.job: the specification of the Job and of the CronJob's Jobs. Context: the root. */ -}}
{{- define "training.job" -}}
{{- $file := include "training.file" . -}}
backoffLimit: {{ .Values.training.retries }}
activeDeadlineSeconds: {{ .Values.training.deadlineSeconds }}
podFailurePolicy:
  rules:
    - action: Ignore # a drained node is nobody's fault
      onPodConditions: [{type: DisruptionTarget}]
    - action: FailJob # a wrong option stays wrong
      onExitCodes: {containerName: training, operator: In, values: [2]}
template:
  metadata:
    labels:
      {{- include "ecg.selector" . | nindent 6 }}
    {{- if or .Values.data.content .Values.training.revision }}
    annotations:
      {{- with .Values.data.content }}
      checksum/data: {{ sha256sum . }}
      {{- end }}
      {{- with .Values.training.revision }}
      revision: {{ include "ecg.scalar" . | quote }}
      {{- end }}
    {{- end }}
  spec:
    restartPolicy: Never
    {{- include "ecg.pod" (list . .Values.training) | nindent 4 }}
    {{- with include "ecg.sameNode" . }}
    {{- . | nindent 4 }}
    {{- end }}
    {{- with .Values.data.url }}
    initContainers:
      - name: data
        {{- include "training.container" $ | nindent 8 }}
        command: [python, -m, data, fetch]
        args: [{{ . | quote }}, {{ $file | quote }}]
        volumeMounts:
          - {name: data, mountPath: /data}
          - {name: tmp, mountPath: /tmp}
    {{- end }}
    containers:
      - name: training
        {{- include "training.container" . | nindent 8 }}
        args:
          - --models=/models/{{ .Values.models.name }}
          {{- with $file }}
          - {{ printf "--data=%s" . | quote }}
          {{- end }}
          {{- range $name, $value := .Values.training.options }}
          {{- if not (kindIs "bool" $value) }}
          - {{ printf "--%s=%s" (kebabcase $name) (include "ecg.scalar" $value) | quote }}
          {{- else if $value }}
          - --{{ kebabcase $name }}
          {{- end }}
          {{- end }}
        volumeMounts:
          - {name: models, mountPath: /models}
          - {name: tmp, mountPath: /tmp}
          {{- if $file }}
          - {name: data, mountPath: /data, readOnly: true}
          {{- end }}
    volumes:
      {{- include "ecg.modelsVolume" (list . false) | nindent 6 }}
      - name: tmp
        emptyDir: {}
      {{- if $file }}
      {{- include "training.dataVolume" . | nindent 6 }}
      {{- end }}
{{- end }}
