{{- /* training.file: the path of the beats in the training pod; empty if none were named. Context: the root. */ -}}
{{- define "training.file" -}}
{{- $data := .Values.data -}}
{{- if gt (len (compact (list $data.content $data.configMap.name $data.url $data.existingClaim))) 1 }}
{{- fail "data: set only one of content, configMap.name, url and existingClaim" }}
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

{{- /* training.training: the container that trains. Context: the root. */ -}}
{{- define "training.training" -}}
{{- $file := include "training.file" . -}}
{{- if and .Values.training.options.crossValidate (include "training.several" .) }}
{{- fail "training.options.crossValidate: needs training.workers=1, because one process trains the networks one after another" }}
{{- end -}}
- name: training
  {{- include "training.container" . | nindent 2 }}
  {{- if include "training.several" . }}
  ports:
    - {name: workers, containerPort: {{ include "training.port" . }}}
  {{- end }}
  env:
    # The Job's identity: its next pod continues the training of an earlier pod.
    - {name: RUN, valueFrom: {fieldRef: {fieldPath: "metadata.labels['batch.kubernetes.io/controller-uid']"}}}
    {{- if include "training.several" . }}
    - {name: JOB, valueFrom: {fieldRef: {fieldPath: "metadata.labels['batch.kubernetes.io/job-name']"}}}
    - {name: JOB_COMPLETION_INDEX, valueFrom: {fieldRef: {fieldPath: "metadata.annotations['batch.kubernetes.io/job-completion-index']"}}}
    - name: TF_CONFIG
      value: {{ include "training.config" . | squote }}
    {{- end }}
    {{- with include "training.env" . | trim }}
    {{- . | nindent 4 }}
    {{- end }}
  args:
    - --models=/models/{{ .Values.models.name }}
    - --run=$(RUN)
    {{- with $file }}
    - {{ printf "--data=%s" . | quote }}
    {{- end }}
    {{- range $name, $value := .Values.training.options }}
    {{- range kindIs "slice" $value | ternary $value (list $value) }}
    {{- if not (kindIs "bool" .) }}
    - {{ printf "--%s=%s" (kebabcase $name) (include "ecg.scalar" .) | quote }}
    {{- else if . }}
    - --{{ kebabcase $name }}
    {{- end }}
    {{- end }}
    {{- end }}
    {{- if include "ecg.pinned" . }}
    - --spare-file=/tmp/served
    - --version-file=/tmp/published
    {{- end }}
  volumeMounts:
    - {name: models, mountPath: /models}
    - {name: tmp, mountPath: /tmp}
    {{- if $file }}
    - {name: data, mountPath: /data, readOnly: true}
    {{- end }}
    {{- include "ecg.more" (list 4 .Values.training.extraVolumeMounts) }}
{{- end }}

{{- /* training.rollout: what the containers that speak with Kubernetes have in common; ENV is the template that has
their environment. Call: include "training.rollout" (list . "ENV") */ -}}
{{- define "training.rollout" -}}
{{- $root := first . -}}
{{ include "ecg.container" (list $root $root.Values.rollout) }}
{{- with include (last .) $root | trim }}
env:
  {{- . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* training.toRegistry: the container that brings versions from the registry, or to it.
Call: include "training.toRegistry" (list . "unpack" "ARGUMENT" ...) */ -}}
{{- define "training.toRegistry" -}}
{{- $root := first . -}}
- name: {{ index . 1 }}
  {{- include "training.rollout" (list $root "ecg.registryEnv") | nindent 2 }}
  args:
    - --deployment={{ include "ecg.name" (list $root "serving") }}
    - --models=/models/{{ $root.Values.models.name }}
    - --timeout={{ $root.Values.training.deadlineSeconds }}
    {{- include "ecg.registryOptions" $root | nindent 4 }}
    {{- range rest . }}
    - {{ . }}
    {{- end }}
  volumeMounts:
    - {name: models, mountPath: /models}
    - {name: tmp, mountPath: /tmp}
    {{- with include "ecg.registryMount" $root }}
    {{- . | nindent 4 }}
    {{- end }}
    {{- include "ecg.tokenMount" $root | nindent 4 }}
    {{- include "ecg.more" (list 4 $root.Values.rollout.extraVolumeMounts) }}
{{- end }}

{{- /* training.pack: the container that pushes what was trained. Context: the root. */ -}}
{{- define "training.pack" -}}
{{- include "training.toRegistry" (list . "pack" "--version-file=/tmp/published" (print "--to=" .Values.models.image.repository)) }}
{{- end }}

{{- /* training.container: what the containers with training's image have in common. Context: the root. */ -}}
{{- define "training.container" -}}
{{ include "ecg.container" (list . .Values.training) }}
{{- end }}

{{- /* training.env: the variables that are set by value. Context: the root. */ -}}
{{- define "training.env" -}}
{{- range $name, $value := .Values.training.env }}
- {name: {{ $name }}, value: {{ include "ecg.scalar" $value | quote }}}
{{- end }}
{{- include "ecg.more" (list 0 .Values.training.extraEnv) }}
{{- end }}

{{- /* training.several: "true" where several workers train together. Context: the root. */ -}}
{{- define "training.several" -}}
{{- if gt (int .Values.training.workers) 1 }}true{{ end -}}
{{- end }}

{{- /* training.port: where a worker listens for the others. */ -}}
{{- define "training.port" -}}
2222
{{- end }}

{{- /* training.peers: a NetworkPolicy's peers: the workers. Context: the root. */ -}}
{{- define "training.peers" -}}
- podSelector:
    matchLabels:
      {{- include "ecg.selector" . | nindent 6 }}
{{- end }}

{{- /* training.config: what TensorFlow calls TF_CONFIG: all workers, by the names that the Service gives them, and which
of them a pod is. Context: the root. */ -}}
{{- define "training.config" -}}
{{- $addresses := list -}}
{{- range $index := until (int .Values.training.workers) -}}
{{- $addresses = append $addresses (printf "$(JOB)-%d.%s:%s" $index (include "ecg.self" $) (include "training.port" $)) -}}
{{- end -}}
{"cluster": {"worker": {{ toRawJson $addresses }}}, "task": {"type": "worker", "index": $(JOB_COMPLETION_INDEX)}}
{{- end }}

{{- /* training.job: the specification of the Job and of the CronJob's Jobs. Context: the root. */ -}}
{{- define "training.job" -}}
{{- $file := include "training.file" . -}}
{{- $pinned := ne (include "ecg.pinned" .) "" -}}
{{- $promotes := and $pinned .Values.rollout.promote -}}
{{- $fromImages := ne (include "ecg.fromImages" .) "" -}}
{{- $keys := and $promotes .Values.gateway.apiKeys.existingSecret -}}
{{ if include "training.several" . -}}
completionMode: Indexed
completions: {{ .Values.training.workers }}
parallelism: {{ .Values.training.workers }}
# If one worker fails, all fail and continue together after the last complete epoch; one that fails for good fails the Job.
backoffLimitPerIndex: {{ .Values.training.retries }}
maxFailedIndexes: 0
{{- else -}}
backoffLimit: {{ .Values.training.retries }}
{{- end }}
activeDeadlineSeconds: {{ .Values.training.deadlineSeconds }}
podFailurePolicy:
  rules:
    - action: Ignore # a drained node is nobody's fault
      onPodConditions: [{type: DisruptionTarget}]
    - action: FailJob # a wrong option stays wrong
      onExitCodes: {containerName: training, operator: In, values: [2]}
    {{- if $promotes }}
    - action: FailJob # a version that cannot be promoted is no better when trained again
      onExitCodes: {containerName: rollout, operator: NotIn, values: [0]}
    {{- end }}
template:
  metadata:
    labels:
      {{- include "ecg.podLabels" (list . .Values.training) | nindent 6 }}
    {{- if or .Values.data.content .Values.training.revision .Values.training.podAnnotations }}
    annotations:
      {{- with .Values.data.content }}
      checksum/data: {{ sha256sum . }}
      {{- end }}
      {{- with .Values.training.revision }}
      revision: {{ include "ecg.scalar" . | quote }}
      {{- end }}
      {{- include "ecg.more" (list 6 .Values.training.podAnnotations) }}
    {{- end }}
  spec:
    restartPolicy: Never
    {{- if include "training.several" . }}
    subdomain: {{ include "ecg.self" . }}
    {{- end }}
    {{- include "ecg.pod" (list . .Values.training) | nindent 4 }}
    {{- if or $pinned .Values.data.url .Values.training.initContainers }}
    initContainers:
      {{- include "ecg.more" (list 6 .Values.training.initContainers) }}
      {{- if $pinned }}
      - name: served # which versions no pruning may take
        {{- include "training.rollout" (list . "ecg.rolloutEnv") | nindent 8 }}
        args: [--deployment={{ include "ecg.name" (list . "serving") }}, served, --into=/tmp/served]
        volumeMounts:
          - {name: tmp, mountPath: /tmp}
          {{- include "ecg.tokenMount" . | nindent 10 }}
          {{- include "ecg.more" (list 10 .Values.rollout.extraVolumeMounts) }}
      {{- end }}
      {{- with .Values.data.url }}
      - name: data
        {{- include "training.container" $ | nindent 8 }}
        {{- with include "training.env" $ | trim }}
        env:
          {{- . | nindent 10 }}
        {{- end }}
        command: [python, -m, data, fetch]
        args: [{{ . | quote }}, {{ $file | quote }}]
        volumeMounts:
          - {name: data, mountPath: /data}
          - {name: tmp, mountPath: /tmp}
          {{- include "ecg.more" (list 10 $.Values.training.extraVolumeMounts) }}
      {{- end }}
      {{- if $fromImages }}
      {{- include "training.toRegistry" (list . "unpack" (print "--into=/models/" .Values.models.name) "--require-push") | nindent 6 }}
      {{- end }}
      {{- if or $promotes $fromImages }}
      {{- include "training.training" . | nindent 6 }}
      {{- end }}
      {{- if and $promotes $fromImages }}
      {{- include "training.pack" . | nindent 6 }}
      {{- end }}
    {{- end }}
    containers:
      {{- if $promotes }}
      - name: rollout
        {{- include "training.rollout" (list . "ecg.registryEnv") | nindent 8 }}
        {{- if include "training.several" . }}
        # Only worker 0 publishes, so only its pod promotes.
        command: [sh, -c, 'test "$JOB_COMPLETION_INDEX" != 0 || exec python -m rollout "$@"', rollout]
        {{- end }}
        args:
          - --deployment={{ include "ecg.name" (list . "serving") }}
          - --gateway=http://{{ include "ecg.name" (list . "gateway") }}:{{ .Values.gateway.service.port }}
          - --models=/models/{{ .Values.models.name }}
          {{- if and $fromImages .Values.models.image.plainHttp }}
          - --plain-http
          {{- end }}
          - --timeout={{ .Values.serving.startupSeconds }}
          {{- if $keys }}
          - --key-file=/var/run/secrets/ecg/key
          {{- end }}
          - promote
          - --version-file=/tmp/published
          - --tolerance={{ include "ecg.scalar" .Values.rollout.tolerance }}
          - --or-leave
        volumeMounts:
          - {name: models, mountPath: /models, readOnly: true}
          - {name: tmp, mountPath: /tmp}
          {{- with include "ecg.registryMount" . }}
          {{- . | nindent 10 }}
          {{- end }}
          {{- if $keys }}
          {{- include "ecg.keysMount" . | nindent 10 }}
          {{- end }}
          {{- include "ecg.tokenMount" . | nindent 10 }}
          {{- include "ecg.more" (list 10 .Values.rollout.extraVolumeMounts) }}
      {{- else if $fromImages }}
      {{- include "training.pack" . | nindent 6 }}
      {{- else }}
      {{- include "training.training" . | nindent 6 }}
      {{- end }}
      {{- include "ecg.more" (list 6 .Values.training.extraContainers) }}
    volumes:
      {{- include "ecg.modelsVolume" (list . false) | nindent 6 }}
      - name: tmp
        emptyDir: {}
      {{- with include "ecg.registryVolume" . }}
      {{- . | nindent 6 }}
      {{- end }}
      {{- if $keys }}
      {{- include "ecg.keysVolume" (list . .Values.gateway.apiKeys.ownKey) | nindent 6 }}
      {{- end }}
      {{- if $pinned }}
      {{- include "ecg.tokenVolume" . | nindent 6 }}
      {{- end }}
      {{- if $file }}
      {{- include "training.dataVolume" . | nindent 6 }}
      {{- end }}
      {{- include "ecg.more" (list 6 .Values.training.extraVolumes) }}
      {{- if $pinned }}
      {{- include "ecg.more" (list 6 .Values.rollout.extraVolumes) }}
      {{- end }}
{{- end }}
