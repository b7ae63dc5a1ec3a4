# The server on a port, as nobody in particular, on a file system that may be read-only.
FROM python:3.13-slim AS build
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /src
COPY pyproject.toml uv.lock README.md LICENSE ./
COPY server server
COPY tools tools
COPY docs docs
ENV UV_PROJECT_ENVIRONMENT=/opt/tokenworth UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy
RUN uv sync --frozen --no-editable --no-dev --extra postgres

FROM python:3.13-slim
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin tokenworth && install -d -o 10001 -g 10001 /data /tokens
COPY --from=build /opt/tokenworth /opt/tokenworth
ENV PATH=/opt/tokenworth/bin:$PATH PYTHONDONTWRITEBYTECODE=1 XDG_DATA_HOME=/data XDG_CACHE_HOME=/data
VOLUME /data
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
ENTRYPOINT ["tokenworth"]
CMD ["serve", "--http", "--host", "0.0.0.0"]
