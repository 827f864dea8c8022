# docker build --tag writer-jobs-mcp .
# docker run --interactive --rm --init --env WRITER_API_KEY writer-jobs-mcp

FROM python:3.13-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY writer_jobs_mcp writer_jobs_mcp
RUN pip wheel --no-cache-dir --wheel-dir /wheels .

FROM python:3.13-slim
LABEL io.modelcontextprotocol.server.name="io.github.writer-jobs-mcp/writer-jobs-mcp"
RUN --mount=type=bind,from=build,source=/wheels,target=/wheels \
    pip install --no-cache-dir --no-index --find-links /wheels /wheels/writer_jobs_mcp-*.whl \
    && useradd --no-create-home --uid 10001 writer
USER 10001
ENTRYPOINT ["writer-jobs-mcp"]
