# The images of the four components, a target each: docker build --target gateway --tag ecg-gateway:dev .
# For a GPU (training, serving): --build-arg REQUIREMENTS=requirements-gpu.txt
# The small ones come first, as the classic builder makes all that stand before its target.
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS build
COPY scripts/image-stage /usr/local/bin/
COPY LICENSE /app/

FROM ${BASE} AS runtime
# A fresh volume mounted here takes this folder's owner.
RUN install --directory --owner 10001 --group 10001 /models
ENV PATH=/opt/venv/bin:$PATH PYTHONPATH=/app PYTHONSAFEPATH=1 PYTHONUNBUFFERED=1 HOME=/tmp
WORKDIR /app
USER 10001:10001
LABEL org.opencontainers.image.licenses="Apache-2.0"

FROM build AS build-rollout
# The package registry for pip; if these are not set, the base image's pip.conf applies.
ARG PIP_INDEX_URL
ARG PIP_TRUSTED_HOST
COPY rollout/requirements.txt /tmp/requirements.txt
# This removes the asynchronous client and the packages that it needs: half of the image, and nothing loads it.
RUN image-stage packages kubernetes/aio 'aiohttp*' 'aiohappyeyeballs*' 'aiosignal*' 'frozenlist*' 'multidict*' \
      'propcache*' 'yarl*'
COPY rollout /app/rollout
RUN image-stage code

FROM runtime AS rollout
COPY --from=build-rollout /opt/venv /opt/venv
COPY --from=build-rollout /app /app
ENTRYPOINT ["python", "-m", "rollout"]
LABEL org.opencontainers.image.title="ecg-rollout" \
      org.opencontainers.image.description="Promotes model versions, watches them and goes back"

FROM build AS build-gateway
ARG PIP_INDEX_URL
ARG PIP_TRUSTED_HOST
COPY gateway/requirements.txt /tmp/requirements.txt
RUN image-stage packages
COPY gateway /app/gateway
RUN image-stage code

FROM runtime AS gateway
COPY --from=build-gateway /opt/venv /opt/venv
COPY --from=build-gateway /app /app
EXPOSE 5000
HEALTHCHECK --interval=5s --timeout=5s --start-period=30s CMD ["python", "-c", \
  "from http.client import HTTPConnection as C; c = C('127.0.0.1', 5000, timeout=4); c.request('GET', '/health'); raise SystemExit(c.getresponse().status != 200)"]
ENTRYPOINT ["python", "-m", "gateway"]
LABEL org.opencontainers.image.title="ecg-gateway" \
      org.opencontainers.image.description="REST in front of a model server that classifies ECG beats"

FROM build AS build-serving
ARG PIP_INDEX_URL
ARG PIP_TRUSTED_HOST
ARG REQUIREMENTS=requirements.txt
COPY serving/${REQUIREMENTS} /tmp/requirements.txt
# This removes C++ headers and files that only a full `import tensorflow` loads, which a server never does
# (serving/runtime/tensorflow_import.py): half a gigabyte. tests/golden passes without.
RUN image-stage packages clang 'h5py*' 'keras*' PIL 'pillow*' 'pygments*' 'rich*' 'tensorboard*' \
      tensorflow/include tensorflow/lite tensorflow/compiler/mlir/stablehlo \
      tensorflow/python/profiler/internal/_pywrap_profiler_plugin.so
COPY serving /app/serving
RUN image-stage code

FROM runtime AS serving
COPY --from=build-serving /opt/venv /opt/venv
COPY --from=build-serving /app /app
EXPOSE 8500 8501
# Not ready before a version is AVAILABLE: until then the ports are closed.
HEALTHCHECK --interval=5s --timeout=5s --start-period=60s CMD ["python", "-c", \
  "from http.client import HTTPConnection as C; c = C('127.0.0.1', 8501, timeout=4); c.request('GET', '/v1/models/ecg/metadata'); raise SystemExit(c.getresponse().status != 200)"]
ENTRYPOINT ["python", "-m", "serving"]
CMD ["--model_name=ecg", "--model_base_path=/models/ecg", "--rest_api_port=8501"]
LABEL org.opencontainers.image.title="ecg-serving" \
      org.opencontainers.image.description="A model server with the flags and answers of TensorFlow Serving"

FROM build AS build-training
ARG PIP_INDEX_URL
ARG PIP_TRUSTED_HOST
ARG REQUIREMENTS=requirements.txt
COPY training/${REQUIREMENTS} /tmp/requirements.txt
# This removes C++ headers and bindings and TensorBoard's server. No training loads them: tests/cluster/test_images.py trains
# in this image.
RUN image-stage packages clang tensorboard_data_server tensorflow/include
COPY data /app/data
COPY training /app/training
RUN image-stage code

FROM runtime AS training
COPY --from=build-training /opt/venv /opt/venv
COPY --from=build-training /app /app
# Beats that are downloaded or generated go to ./data, which must be writable where the rest is read-only.
WORKDIR /tmp
ENTRYPOINT ["python", "-m", "training"]
CMD ["--models=/models/ecg"]
LABEL org.opencontainers.image.title="ecg-training" \
      org.opencontainers.image.description="Trains a network on labelled ECG beats and publishes it as a model version"
