# The image of all services: `closeout serve SERVICE` chooses. `make image` builds it; give BASE_IMAGE a digest to pin it.
ARG BASE_IMAGE=docker.io/library/python:3.13.7-slim-bookworm

FROM ${BASE_IMAGE} AS build
# What the times in the image are, for the same image from the same commit (https://reproducible-builds.org/specs/source-date-epoch/).
ARG SOURCE_DATE_EPOCH=0
# Where the packages come from may be a secret; without one it is PyPI.
ENV PIP_CONFIG_FILE=/run/secrets/pip.conf PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 \
    SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH}
WORKDIR /src
COPY requirements/bootstrap.txt requirements/image.txt requirements/
# What builds is in one environment, what runs in another that never had it. Bytecode goes by its source's hash where
# SOURCE_DATE_EPOCH is set, so that it is the same each time.
RUN --mount=type=secret,id=pip.conf --mount=type=secret,id=ca.pem \
    python -m venv /opt/build \
    && python -m venv --without-pip /opt/closeout \
    && /opt/build/bin/pip install --require-hashes -r requirements/bootstrap.txt \
    && /opt/build/bin/pip --python /opt/closeout/bin/python install --only-binary :all: --require-hashes -r requirements/image.txt
COPY pyproject.toml README.md LICENSE ./
COPY closeout/ closeout/
COPY libs/ libs/
COPY services/ services/
COPY sandbox/ sandbox/
RUN /opt/build/bin/pip wheel --no-index --no-deps --no-build-isolation --wheel-dir /wheels . \
    && /opt/build/bin/pip --python /opt/closeout/bin/python install --no-index --no-deps /wheels/*.whl

FROM ${BASE_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Closeout" \
      org.opencontainers.image.description="Carries an incident from the page that woke somebody up to the closed ticket that stops it from happening again." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /opt/closeout /opt/closeout
# What installs packages came with the base: Docker's python has it below /usr/local, Debian's below /usr.
RUN rm -rf /usr/local/bin/pip* /usr/local/lib/python3*/site-packages/pip* /usr/local/lib/python3*/ensurepip \
    /usr/lib/python3*/ensurepip /usr/share/python-wheels
ENV PATH=/opt/closeout/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# Any number will do, so that Kubernetes can see that it is not root.
USER 10001:10001
WORKDIR /tmp
EXPOSE 7400 7401 7402 7403
ENTRYPOINT ["closeout"]
CMD ["--help"]
