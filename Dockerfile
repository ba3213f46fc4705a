# Build: docker build -t comptroller:dev .
# Where the package feed carries the NativeAOT runtime pack: --build-arg AOT=true.
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
ARG TARGETARCH=amd64
ARG AOT=false
WORKDIR /source
COPY . .
RUN dotnet publish src/Operator -c Release -r linux-$([ "$TARGETARCH" = arm64 ] && echo arm64 || echo x64) \
      -p:Ship=true -p:PublishAot=$AOT -o /app

# With the time zones, in which schedules are read; the plain chiseled image has none.
FROM mcr.microsoft.com/dotnet/runtime-deps:10.0-noble-chiseled-extra
# The binary and the SQLite library beside it.
COPY --from=build /app/ /
USER 65532:65532
ENTRYPOINT ["/comptroller"]
CMD ["operator"]
