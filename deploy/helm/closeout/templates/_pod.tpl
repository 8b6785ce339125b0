{{/* What every container has: who it runs as, what it is told, what it can read. */}}

{{- define "closeout.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "closeout.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities: {drop: [ALL]}
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{/* Variables that all services have. */}}
{{- define "closeout.env" -}}
{{ include "closeout.env.database" . }}
{{ include "closeout.env.kafka" . }}
{{- include "closeout.env.settings" . }}
{{- end }}

{{- define "closeout.env.database" -}}
- name: CLOSEOUT_DATABASE_URL
  valueFrom:
    secretKeyRef:
      name: {{ required "database.existingSecret: name the secret with PostgreSQL's URL" .Values.database.existingSecret }}
      key: {{ .Values.database.secretKey }}
- {name: CLOSEOUT_DATABASE_POOL_SIZE, value: {{ .Values.database.poolSize | quote }}}
- {name: PGSSLMODE, value: {{ .Values.database.sslMode | quote }}}
{{- if .Values.database.caSecret }}
- {name: PGSSLROOTCERT, value: /etc/closeout/database-ca/ca.crt}
{{- end }}
{{- end }}

{{- define "closeout.env.kafka" -}}
- name: CLOSEOUT_KAFKA_BOOTSTRAP_SERVERS
  value: {{ required "kafka.bootstrapServers: say where Kafka is, as host:port" .Values.kafka.bootstrapServers | quote }}
- {name: CLOSEOUT_KAFKA_SECURITY_PROTOCOL, value: {{ .Values.kafka.securityProtocol | quote }}}
- {name: CLOSEOUT_KAFKA_REPLICATION_FACTOR, value: {{ .Values.kafka.replicationFactor | quote }}}
{{- if hasPrefix "SASL" .Values.kafka.securityProtocol }}
- {name: CLOSEOUT_KAFKA_SASL_MECHANISM, value: {{ .Values.kafka.saslMechanism | quote }}}
{{- include "closeout.env.sasl" . }}
{{- end }}
{{- if .Values.kafka.caSecret }}
- {name: CLOSEOUT_KAFKA_SSL_CA_FILE, value: /etc/closeout/kafka-ca/ca.crt}
{{- end }}
{{- if .Values.kafka.clientCertSecret }}
- {name: CLOSEOUT_KAFKA_SSL_CERT_FILE, value: /etc/closeout/kafka-client/tls.crt}
- {name: CLOSEOUT_KAFKA_SSL_KEY_FILE, value: /etc/closeout/kafka-client/tls.key}
{{- end }}
{{- end }}

{{- define "closeout.env.settings" }}
{{- range $name, $value := .Values.settings }}
- {name: {{ $name }}, value: {{ $value | quote }}}
{{- end }}
{{- end }}

{{- define "closeout.env.sasl" -}}
{{- $kafka := .Values.kafka -}}
{{- if ne $kafka.saslMechanism "OAUTHBEARER" }}
- name: CLOSEOUT_KAFKA_SASL_USERNAME
  value: {{ required "kafka.username: say who signs in" $kafka.username | quote }}
- name: CLOSEOUT_KAFKA_SASL_PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ required "kafka.existingSecret: name the secret with Kafka's password" $kafka.existingSecret }}
      key: {{ $kafka.secretKey }}
{{- else if $kafka.oauth.mskRegion }}
- {name: CLOSEOUT_KAFKA_OAUTH_MSK_REGION, value: {{ $kafka.oauth.mskRegion | quote }}}
{{- else }}
- name: CLOSEOUT_KAFKA_OAUTH_TOKEN_URL
  value: {{ required "kafka.oauth.tokenUrl: say where tokens come from" $kafka.oauth.tokenUrl | quote }}
- name: CLOSEOUT_KAFKA_OAUTH_CLIENT_ID
  value: {{ required "kafka.oauth.clientId: say who asks for tokens" $kafka.oauth.clientId | quote }}
- {name: CLOSEOUT_KAFKA_OAUTH_SCOPE, value: {{ $kafka.oauth.scope | quote }}}
- name: CLOSEOUT_KAFKA_OAUTH_CLIENT_SECRET
  valueFrom:
    secretKeyRef:
      name: {{ required "kafka.existingSecret: name the secret with the OAuth client's secret" $kafka.existingSecret }}
      key: {{ $kafka.secretKey }}
{{- end }}
{{- end }}

{{- define "closeout.envFrom" -}}
{{- range .root.Values.envSecrets }}
- secretRef: {name: {{ . }}}
{{- end }}
{{- if .root.Values.externalSecret.enabled }}
- secretRef: {name: {{ include "closeout.name" .root }}-external{{ if .early }}, optional: true{{ end }}}
{{- end }}
{{- end }}

{{- define "closeout.volumes" -}}
- name: tmp
  emptyDir: {sizeLimit: 64Mi}
{{- if .Values.database.caSecret }}
- name: database-ca
  secret: {secretName: {{ .Values.database.caSecret }}}
{{- end }}
{{- end }}

{{- define "closeout.volumes.kafka" }}
{{- if .Values.kafka.caSecret }}
- name: kafka-ca
  secret: {secretName: {{ .Values.kafka.caSecret }}}
{{- end }}
{{- if .Values.kafka.clientCertSecret }}
- name: kafka-client
  secret: {secretName: {{ .Values.kafka.clientCertSecret }}}
{{- end }}
{{- end }}

{{- define "closeout.mounts" -}}
- {name: tmp, mountPath: /tmp}
{{- if .Values.database.caSecret }}
- {name: database-ca, mountPath: /etc/closeout/database-ca, readOnly: true}
{{- end }}
{{- end }}

{{- define "closeout.mounts.kafka" }}
{{- if .Values.kafka.caSecret }}
- {name: kafka-ca, mountPath: /etc/closeout/kafka-ca, readOnly: true}
{{- end }}
{{- if .Values.kafka.clientCertSecret }}
- {name: kafka-client, mountPath: /etc/closeout/kafka-client, readOnly: true}
{{- end }}
{{- end }}

{{/* A container that does one thing and ends: (dict "root" $ "args" "[migrate]" "kafka" false "early" true).
     kafka: it reads Kafka's settings. early: it runs before what the release makes is there, which it must not wait for. */}}
{{- define "closeout.onceContainer" -}}
image: {{ include "closeout.image" .root }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
args: {{ .args }}
env:
  {{- include "closeout.env.database" .root | nindent 2 }}
  {{- if .kafka }}{{ include "closeout.env.kafka" .root | nindent 2 }}{{ end }}
  {{- include "closeout.env.settings" .root | indent 2 }}
{{- $from := include "closeout.envFrom" (dict "root" .root "early" .early) }}
{{- if or $from .secrets }}
envFrom:
  {{- if $from }}{{ $from | nindent 2 }}{{ end }}
  {{- range .secrets }}
  - secretRef: {name: {{ . }}}
  {{- end }}
{{- end }}
resources:
  requests: {cpu: 50m, memory: 128Mi}
  limits: {memory: 256Mi}
securityContext: {{- include "closeout.containerSecurity" .root | nindent 2 }}
volumeMounts:
  {{- include "closeout.mounts" .root | nindent 2 }}
  {{- if .kafka }}{{ include "closeout.mounts.kafka" .root | indent 2 }}{{ end }}
{{- end }}
