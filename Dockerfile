FROM node:20-bookworm-slim AS pwa
WORKDIR /src/pwa
COPY pwa/package.json pwa/package-lock.json pwa/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY fonts /src/fonts
COPY pwa ./
RUN npm run build

FROM python:3.11-slim-bookworm
# Pango and HarfBuzz set the Arabic on paper. Their versions follow the base image's Debian release.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml ./
COPY schemas ./schemas
COPY sync ./sync
COPY server ./server
COPY fonts ./fonts
COPY --from=pwa /src/pwa/dist ./pwa/dist
# Editable, so that the server finds fonts/ and pwa/dist beside its own folder, as in a checkout.
RUN pip install --no-cache-dir --no-deps --no-build-isolation -e . \
    && useradd --uid 10001 --no-create-home --home-dir /data sanad \
    && install -d -o sanad -g sanad -m 0700 /data

USER 10001
ENV PYTHONUNBUFFERED=1 \
    SANAD_DATA=/data \
    SANAD_HOST=0.0.0.0 \
    SANAD_PORT=8321
VOLUME /data
EXPOSE 8321
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8321/api/v1/health', timeout=4)"]
ENTRYPOINT ["sanad"]
CMD ["serve"]
