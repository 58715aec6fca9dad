# An image to run submissions in: a framework's Python environment and the guest, nothing else of this project.
#
#     grade image build torch                 what one normally runs; passes the arguments below, and labels the image
#     docker build --target torch .           by hand, for a look (no labels: the grader won't take it)
#
# BASE          any Debian or Ubuntu with Python 3.11 and its venv, pinned by digest where that matters: image@sha256:…
#               For GPUs too: the CUDA libraries come with the packages, the driver's from the machine.
# DEVICE        cpu or gpu: which TensorFlow is installed. PyTorch's build is the index's, or the wheelhouse's, choice.
# EXTRA_INDEX   one more package index for pip, as PyTorch has for CPU builds. It stays out of the image's history.
# GUEST, …      labels; see grader/sandbox/images/identity.py
#
# Wheels in wheels/ are installed without any index. A guest that changed is put on top of the packages that are there
# already: the stages that end in -packages are then not built at all.

ARG BASE=python:3.11-slim-bookworm


# ── torch ──

FROM ${BASE} AS torch-wheels
ARG EXTRA_INDEX=
COPY constraints.txt wheels* /build/
RUN python3 -m venv /opt/venv \
 && if ls /build/*.whl >/dev/null 2>&1; then set -- --no-index --find-links /build; \
    elif [ -n "$EXTRA_INDEX" ]; then set -- --extra-index-url "$EXTRA_INDEX"; fi \
 && /opt/venv/bin/python -m pip install --quiet --disable-pip-version-check --root-user-action ignore --no-cache-dir \
    "$@" --constraint /build/constraints.txt torch torchvision ipython matplotlib numpy safetensors
LABEL org.grader.stage=wheels

FROM ${BASE} AS torch-packages
COPY --from=torch-wheels /opt/venv /opt/venv
# Nothing in it may gain rights, and the user of a look by hand is nobody in particular.
RUN find / -xdev -type f -perm /6000 -exec chmod a-s {} + \
 && groupadd --non-unique --gid 1000 student \
 && useradd --non-unique --uid 1000 --gid 1000 --home-dir /tmp/home --no-create-home --shell /bin/sh student \
 && mkdir -p /opt/guest /weights
ARG PACKAGES=
ARG BASE
LABEL org.grader.framework=torch org.grader.packages=$PACKAGES org.grader.base=$BASE

FROM torch-packages AS torch
COPY grader/guest /opt/guest
ARG GUEST=
ARG VERSION=
LABEL org.grader.guest=$GUEST org.grader.version=$VERSION
USER 1000:1000
WORKDIR /tmp
ENTRYPOINT []
CMD ["/opt/venv/bin/python"]


# ── tensorflow ──

FROM ${BASE} AS tensorflow-wheels
ARG EXTRA_INDEX=
ARG DEVICE=cpu
COPY constraints-tensorflow.txt wheels* /build/
# The constraints name the CPU build; the one for GPUs has the same number and brings CUDA along.
RUN python3 -m venv /opt/venv \
 && tensorflow="tensorflow-cpu; platform_machine == 'x86_64'" \
 && version=$(sed -n 's/^tensorflow_cpu==//p' /build/constraints-tensorflow.txt) \
 && if [ "$DEVICE" = gpu ]; then tensorflow="tensorflow[and-cuda]==$version"; \
    elif [ "$(uname -m)" != x86_64 ]; then tensorflow="tensorflow==$version"; fi \
 && if ls /build/*.whl >/dev/null 2>&1; then set -- --no-index --find-links /build; \
    elif [ -n "$EXTRA_INDEX" ]; then set -- --extra-index-url "$EXTRA_INDEX"; fi \
 && /opt/venv/bin/python -m pip install --quiet --disable-pip-version-check --root-user-action ignore --no-cache-dir \
    "$@" --constraint /build/constraints-tensorflow.txt "$tensorflow" ipython matplotlib numpy safetensors
LABEL org.grader.stage=wheels

FROM ${BASE} AS tensorflow-packages
COPY --from=tensorflow-wheels /opt/venv /opt/venv
RUN find / -xdev -type f -perm /6000 -exec chmod a-s {} + \
 && groupadd --non-unique --gid 1000 student \
 && useradd --non-unique --uid 1000 --gid 1000 --home-dir /tmp/home --no-create-home --shell /bin/sh student \
 && mkdir -p /opt/guest /weights
ARG PACKAGES=
ARG BASE
LABEL org.grader.framework=tensorflow org.grader.packages=$PACKAGES org.grader.base=$BASE

FROM tensorflow-packages AS tensorflow
COPY grader/guest /opt/guest
ARG GUEST=
ARG VERSION=
LABEL org.grader.guest=$GUEST org.grader.version=$VERSION
USER 1000:1000
WORKDIR /tmp
ENTRYPOINT []
CMD ["/opt/venv/bin/python"]
