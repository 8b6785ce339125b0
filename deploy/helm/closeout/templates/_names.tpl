{{/* What things are called. */}}

{{- define "closeout.name" -}}
{{- if contains "closeout" .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{ else }}{{ printf "%s-closeout" .Release.Name | trunc 40 | trimSuffix "-" }}{{ end }}
{{- end }}

{{/* Labels by which a service is selected: (dict "root" $ "service" "ingest"). They never change. */}}
{{- define "closeout.selector" -}}
app.kubernetes.io/name: closeout
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .service }}
{{- end }}

{{- define "closeout.labels" -}}
{{ include "closeout.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{- define "closeout.image" -}}
{{- $repository := required "image.repository: say where your image of Closeout is (make image builds it)" .Values.image.repository -}}
{{- if .Values.image.digest }}{{ printf "%s@%s" $repository .Values.image.digest }}{{ else }}{{ printf "%s:%s" $repository (.Values.image.tag | default .Chart.AppVersion) }}{{ end }}
{{- end }}

{{- define "closeout.port" -}}
{{- get (dict "review" 7400 "ingest" 7401 "actions" 7402 "metrics" 7403) . -}}
{{- end }}

{{/* Where the wall is reached from outside; empty where it is not. */}}
{{- define "closeout.wallUrl" -}}
{{- if and .Values.ingress.enabled .Values.ingress.wallHost -}}
{{ ternary "https" "http" (not (empty .Values.ingress.tlsSecret)) }}://{{ .Values.ingress.wallHost }}/wall
{{- else if and .Values.gateway.enabled .Values.gateway.wallHost -}}
https://{{ .Values.gateway.wallHost }}/wall
{{- end -}}
{{- end }}
