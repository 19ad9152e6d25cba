# The same program as `make run`, in an image. Build: docker compose build
FROM python:3.12-slim AS build
# A C compiler for the compiled packet path; the image that runs carries none
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends gcc libc6-dev
WORKDIR /src
COPY . .
RUN python -m venv /opt/confhub \
 && /opt/confhub/bin/pip install --no-cache-dir --require-hashes -r requirements/run.txt \
 && /opt/confhub/bin/python scripts/vendor.py \
 && /opt/confhub/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.12-slim
COPY --from=build /opt/confhub /opt/confhub
ENV PATH=/opt/confhub/bin:$PATH PYTHONUNBUFFERED=1
RUN useradd --system --uid 10001 confhub && install -d -o confhub /data
USER confhub
VOLUME /data
EXPOSE 8080 7880 7882/udp 7882/tcp
CMD ["confhub", "run", "--host", "0.0.0.0", "--data", "/data"]
