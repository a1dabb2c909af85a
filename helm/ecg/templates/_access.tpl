{{- /* ecg.account: the name of a component's service account. Call: include "ecg.account" (list . .Values.gateway) */ -}}
{{- define "ecg.account" -}}
{{- $own := include "ecg.self" (first .) -}}
{{- with (last .).serviceAccount -}}
{{ .name | default (ternary $own "default" .create) }}
{{- end }}
{{- end }}

{{- /* ecg.serviceAccount: an account of a component's own, which may do nothing. Call: include "ecg.serviceAccount" (list . .Values.gateway) */ -}}
{{- define "ecg.serviceAccount" -}}
{{- if (last .).serviceAccount.create -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "ecg.account" . }}
  labels:
    {{- include "ecg.labels" (first .) | nindent 4 }}
  {{- include "ecg.field" (list 2 "annotations" (last .).serviceAccount.annotations) }}
automountServiceAccountToken: false
{{- end }}
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
    name: {{ include "ecg.account" (list $root (index . 1)) }}
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
