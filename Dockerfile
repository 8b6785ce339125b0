# syntax=docker/dockerfile:1
# The image of all services: `closeout serve SERVICE` chooses. `make image` builds it; give BASE_IMAGE a digest to pin it.
ARG BASE_IMAGE=docker.io/library/python:3.13.7-slim-bookworm

FROM ${BASE_IMAGE} AS build
# What the times in the image are, for the same image from the same commit (https://reproducible-builds.org/specs/source-date-epoch/).
ARG SOURCE_DATE_EPOCH=0
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1 SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH}
WORKDIR /src
COPY requirements/ requirements/
RUN python -m venv /opt/closeout \
    && /opt/closeout/bin/pip install --require-hashes -r requirements/bootstrap.txt \
    && /opt/closeout/bin/uv pip install --python /opt/closeout/bin/python --require-hashes -r requirements/image.txt
COPY pyproject.toml README.md LICENSE ./
COPY closeout/ closeout/
COPY libs/ libs/
COPY services/ services/
COPY sandbox/ sandbox/
RUN /opt/closeout/bin/uv pip install --python /opt/closeout/bin/python --no-deps --no-build-isolation . \
    && /opt/closeout/bin/pip uninstall --yes uv hatchling pip \
    && find /opt/closeout -exec touch --no-dereference --date="@${SOURCE_DATE_EPOCH}" {} +

FROM ${BASE_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Closeout" \
      org.opencontainers.image.description="Carries an incident from the page that woke somebody up to the closed ticket that stops it from happening again." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /opt/closeout /opt/closeout
ENV PATH=/opt/closeout/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# Any number will do, so that Kubernetes can see that it is not root.
USER 10001:10001
WORKDIR /tmp
EXPOSE 7400 7401 7402 7403
ENTRYPOINT ["closeout"]
CMD ["--help"]
