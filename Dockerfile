# syntax=docker/dockerfile:1
# The guard (what a container runs unless told otherwise) and the plugin (command: kubectl-backup) in one image: no shell, no
# package manager, user 65532, nothing written outside /tmp.
#   docker build -t kubectl-backup .
# BASE may be any image with glibc 2.28 or newer and libstdc++ 6; BUILDER any Debian with npm.
ARG BUILDER=docker.io/library/node:26-slim
ARG BASE=gcr.io/distroless/cc-debian12:nonroot

FROM ${BUILDER} AS build
RUN apt-get update && apt-get install --yes --no-install-recommends libatomic1 && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-fund --no-audit
COPY . .
RUN PATH=$PWD/node_modules/.bin:$PATH && node scripts/build.ts && node scripts/image.ts

FROM ${BASE}
COPY --from=build /source/build/image/ /
ENV PATH=/app LD_LIBRARY_PATH=/app/native
# As the launcher of the build starts Node.
ENV NODE_OPTIONS="--disable-warning=ExperimentalWarning --max-semi-space-size=8"
USER 65532:65532
ENTRYPOINT ["/app/node", "/app/webhook/main.cjs"]
