# The operator's image; it also runs `kmig verify` Jobs and `kmig probe` pods.
# The build context is the repository with build/wheels filled by `make wheels`: no network is used.
ARG BASE=python:3.11-slim
FROM ${BASE} AS dependencies
COPY requirements.lock /src/requirements.lock
COPY build/wheels /src/wheels
RUN python3 -m venv /opt/kmig \
 && /opt/kmig/bin/pip install --no-cache-dir --no-index --find-links=/src/wheels \
      --require-hashes -r /src/requirements.lock

FROM ${BASE}
RUN echo 'kmig:x:10001:10001:kmig:/tmp:/usr/sbin/nologin' >> /etc/passwd \
 && echo 'kmig:x:10001:' >> /etc/group
COPY --from=dependencies /opt/kmig /opt/kmig
# kopf asks who it is, and dies when nobody can tell: hence the passwd line and USER.
ENV PATH=/opt/kmig/bin:$PATH USER=kmig HOME=/tmp PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /opt/kmig/src
# Installed by reference before the sources come, so that a change of them is one COPY and no RUN.
COPY pyproject.toml LICENSE ./
RUN mkdir operator \
 && /opt/kmig/bin/pip install --no-cache-dir --no-index --no-deps --no-build-isolation --editable .
WORKDIR /
USER 10001:10001
ENTRYPOINT ["kmig"]
CMD ["run"]
COPY operator /opt/kmig/src/operator
