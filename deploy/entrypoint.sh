#!/bin/sh
# Secrets by file: for each NAME_FILE that names a readable file, NAME is set to what the file holds.
set -eu
for setting in $(env | sed -n 's/^\([A-Z][A-Z0-9_]*\)_FILE=.*/\1/p'); do
    eval "file=\${${setting}_FILE}"
    if [ -f "$file" ]; then
        value=$(cat "$file")
        export "$setting=$value"
        unset "${setting}_FILE"
    fi
done
case ${1-} in
answerwell | sh | python) ;;
*) set -- answerwell "$@" ;;
esac
exec "$@"
