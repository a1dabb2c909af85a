{{- /* ecg.fromImages: "true" where each model version is an image. Context: the root. */ -}}
{{- define "ecg.fromImages" -}}
{{- if eq .Values.models.source "image" }}
{{- if not .Values.models.image.repository }}
{{- fail "models.image.repository: models.source=image needs the repository of the versions, as REGISTRY/PATH" }}
{{- end }}
{{- if not (include "ecg.pinned" .) }}
{{- fail "serving.versions: latest needs a volume; with models.source=image use pinned" }}
{{- end }}
{{- if include "training.several" . }}
{{- fail "training.workers: several workers need a shared volume; with models.source=image there is one worker" }}
{{- end -}}
true
{{- end -}}
{{- end }}

{{- /* ecg.registryOptions: how a container with rollout's image asks the registry of model versions. Context: the root. */ -}}
{{- define "ecg.registryOptions" -}}
- --images={{ .Values.models.image.repository }}
{{- if .Values.models.image.plainHttp }}
- --plain-http
{{- end }}
{{- end }}

{{- /* ecg.rolloutEnv: what the values add to the environment of a container with rollout's image. Context: the root. */ -}}
{{- define "ecg.rolloutEnv" -}}
{{- include "ecg.more" (list 0 .Values.rollout.extraEnv) }}
{{- end }}

{{- /* ecg.registryEnv: where such a container finds the registry's credentials, too. Context: the root. */ -}}
{{- define "ecg.registryEnv" -}}
{{- if .Values.models.image.secret }}
- {name: DOCKER_CONFIG, value: /var/run/secrets/registry}
{{- end }}
{{- include "ecg.rolloutEnv" . }}
{{- end }}

{{- /* ecg.registryMount: where they are mounted. Context: the root. */ -}}
{{- define "ecg.registryMount" -}}
{{- if .Values.models.image.secret -}}
- {name: registry, mountPath: /var/run/secrets/registry, readOnly: true}
{{- end }}
{{- end }}

{{- /* ecg.registryVolume: the Secret with the credentials, as a Docker client has them. Context: the root. */ -}}
{{- define "ecg.registryVolume" -}}
{{- with .Values.models.image.secret -}}
- name: registry
  secret: {secretName: {{ . }}, defaultMode: 0440, items: [{key: .dockerconfigjson, path: config.json}]}
{{- end }}
{{- end }}

{{- /* ecg.registryPort: a NetworkPolicy's egress rule for the registry, whose address no policy can know. Context: the root. */ -}}
{{- define "ecg.registryPort" -}}
{{- if include "ecg.fromImages" . -}}
{{- $host := regexFind "^[^/]*" .Values.models.image.repository -}}
- ports:
    - {port: {{ regexFind ":[0-9]+$" $host | trimPrefix ":" | default (ternary "80" "443" .Values.models.image.plainHttp) }}}
{{- end }}
{{- end }}
