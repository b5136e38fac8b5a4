# The worker's image: the locked dependencies and this project. Data lie in the volume /project.
FROM python:3.11-slim AS build
COPY requirements.lock /src/
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r /src/requirements.lock
COPY pyproject.toml README.md LICENSE /src/
COPY flows /src/flows
COPY forecasting /src/forecasting
COPY warehouse /src/warehouse
COPY dashboards /src/dashboards
RUN /venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation /src
# Templates of some packages are no valid Python; what fails is compiled when it is first used, as any other.
RUN /venv/bin/python -m compileall -q /venv/lib || true

FROM python:3.11-slim
RUN useradd --create-home --uid 10001 transit && mkdir /project && chown transit /project
COPY --from=build /venv /venv
COPY flows/additions/prefect/prefect.yaml /srv/transit/prefect.yaml
ENV PATH=/venv/bin:$PATH DO_NOT_TRACK=1 PREFECT_SERVER_ANALYTICS_ENABLED=false \
    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 TRANSIT_FOLDER=/project
USER transit
WORKDIR /project
VOLUME /project
# One process with its own schedule; compose.yaml replaces it with a Prefect worker.
CMD ["transit", "serve"]
