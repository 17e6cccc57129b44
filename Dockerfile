# One image for every process: `docker run … answerwell api | worker | schedule | sync …`
# Built from a digest: --build-arg PYTHON_IMAGE=python:3.12.12-slim-bookworm@sha256:… (docs/operate.md, "Images").
ARG PYTHON_IMAGE=python:3.12.12-slim-bookworm
FROM ${PYTHON_IMAGE} AS build
WORKDIR /src
COPY requirements.lock .
# Google's client describes 600 APIs in 90 MB, and two of them are used.
RUN python -m venv /opt/answerwell \
    && /opt/answerwell/bin/pip install --no-cache-dir --no-deps --require-hashes --requirement requirements.lock \
    && find /opt/answerwell/lib/python*/site-packages/googleapiclient/discovery_cache/documents -name '*.json' \
        ! -name drive.v3.json ! -name docs.v1.json -delete
COPY pyproject.toml README.md LICENSE ./
COPY sync sync
COPY answering answering
COPY helpdesk helpdesk
COPY connectors connectors
COPY workers workers
COPY session_api session_api
COPY cli cli
COPY sandbox sandbox
RUN /opt/answerwell/bin/pip install --no-cache-dir --no-index --no-deps --no-build-isolation . \
    && /opt/answerwell/bin/pip uninstall --yes pip

FROM ${PYTHON_IMAGE}
RUN useradd --uid 10001 --create-home --home-dir /var/lib/answerwell answerwell
COPY --from=build /opt/answerwell /opt/answerwell
COPY deploy/entrypoint.sh /usr/local/bin/entrypoint
ENV PATH=/opt/answerwell/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    ANSWERWELL_CONFIG=/etc/answerwell/answerwell.toml
USER 10001:10001
WORKDIR /var/lib/answerwell
VOLUME /var/lib/answerwell
EXPOSE 8400
ENTRYPOINT ["entrypoint"]
CMD ["answerwell", "up"]
