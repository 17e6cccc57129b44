#!/bin/sh
# Answerwell itself reads a secret from the file that NAME_FILE names; OpenTelemetry does not.
set -eu
if [ -f "${OTEL_EXPORTER_OTLP_HEADERS_FILE-}" ]; then
    OTEL_EXPORTER_OTLP_HEADERS=$(cat "$OTEL_EXPORTER_OTLP_HEADERS_FILE")
    export OTEL_EXPORTER_OTLP_HEADERS
fi
case ${1-} in
answerwell | sh | python) ;;
*) set -- answerwell "$@" ;;
esac
exec "$@"
