# The table of contents: every way to run, test and ship the project. `make` alone lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
# TENSORFLOW=gpu installs the CUDA build instead
TENSORFLOW ?= cpu
# of the images; what the chart asks for unless its values say otherwise
TAG ?= $(shell sed -n 's/^version = "\(.*\)"$$/\1/p' pyproject.toml)
# test files worked on at a time; 0 for a model server of ECG_SERVING_TARGET, which the files would share
WORKERS ?= $(if $(ECG_SERVING_TARGET),0,3)
VENV := .venv
BIN := $(VENV)/bin
LOCK := requirements$(if $(filter gpu,$(TENSORFLOW)),-gpu).txt
INSTALLED := $(VENV)/.installed-$(TENSORFLOW)
export TF_CPP_MIN_LOG_LEVEL ?= 2
CODE := data training serving gateway rollout tests bench scripts docs examples
SHELL_SCRIPTS = $(shell grep -lIsE '^\#!/.*sh$$' .ci/* scripts/* scripts/page/* examples/*)

help: ## Show this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/\1|\2/p' $(firstword $(MAKEFILE_LIST)) | awk -F'|' '{ printf "%-17s%s\n", $$1, $$2 }'

setup: $(INSTALLED) ## Make the virtual environment (the other targets do it by themselves)

$(INSTALLED): $(LOCK)
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v < (3, 14) else f"Python 3.11 to 3.13 is needed, {sys.executable} is {v[0]}.{v[1]}; say which: make PYTHON=python3.12 ...")'
	@echo "Installing the $$(grep -c '^[a-z].*==' $(LOCK)) packages of $(LOCK) into $(CURDIR)/$(VENV)"
	@echo "The first time downloads about $(if $(filter gpu,$(TENSORFLOW)),4 GB,0.8 GB) from pip's package index; the folder then takes $(if $(filter gpu,$(TENSORFLOW)),8 GB,3 GB)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --no-compile --disable-pip-version-check --require-hashes --no-deps -r $(LOCK)
	@ln -sf ../../ecg $(BIN)/ecg
	@rm -f $(VENV)/.installed-* && touch $@

run: $(INSTALLED) ## Train, serve and answer on http://127.0.0.1:5000 (DATA=file, PORT=5000, TRAIN="--epochs 5 --label y")
	@$(BIN)/python -m scripts.run $(if $(DATA),--data "$(DATA)") $(if $(PORT),--port $(PORT)) $(ARGS) -- $(TRAIN)

docs: $(INSTALLED) ## Build the documentation site into build/docs, strictly: every link inside it is checked
	@$(BIN)/sphinx-build -c docs -b html -W --keep-going -n -q -d build/doctrees . build/docs
	@echo "Open $(CURDIR)/build/docs/index.html"

lint: $(INSTALLED) ## Style, format and strict types; shell scripts; workflows where Go is installed, the page where Node is
	@$(BIN)/ruff check $(CODE)
	@$(BIN)/ruff format --check $(CODE)
	@$(BIN)/mypy $(CODE)
	@$(BIN)/shellcheck $(SHELL_SCRIPTS)
	@$(BIN)/shellcheck --shell=dash helm/ecg/files/*.sh
	@scripts/check-workflows
	@scripts/page/check

format: $(INSTALLED) ## Rewrite the code in the project's format
	@$(BIN)/ruff check --fix-only $(CODE)
	@$(BIN)/ruff format $(CODE)

test: $(INSTALLED) ## Everything that needs no cluster
	@$(BIN)/pytest -m "not cluster" -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

coverage: $(INSTALLED) ## Lines and branches that the tests without TensorFlow run, in build/coverage/html (ARGS="tests/unit tests/model")
	@$(BIN)/coverage erase
	@# a test that is measured may take memory without end: it fails by its name rather than the machine
	@ulimit -v $(or $(MEMORY),12000000); $(BIN)/coverage run -m pytest -n $(WORKERS) --dist loadfile $(or $(ARGS),tests/unit)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage html --quiet
	@$(BIN)/coverage report

fuzz: $(INSTALLED) ## Random requests to a real gateway and model server (FOR=60 seconds a test; ECG_FUZZ_SEED repeats one)
	@ECG_FUZZ_SECONDS=$(or $(FOR),60) $(BIN)/pytest tests/fuzz -v $(ARGS)

audit: $(INSTALLED) ## Known vulnerabilities of the locked dependencies (ARGS=--if-reachable where there is no data)
	@$(BIN)/python -m scripts.audit $(ARGS)

screenshots: $(INSTALLED) ## Take the pictures of the page in docs/screenshots anew, of made ECGs (ARGS="--to FOLDER beat card")
	@$(BIN)/python -m scripts.screenshots $(ARGS)

vendor: $(INSTALLED) ## Fetch the page's libraries anew from the npm registry, checked by their sums
	@$(BIN)/python -m scripts.vendor

e2e: $(INSTALLED) ## A release's whole life on the cluster of KUBECONFIG, with the images of TAG
	@ECG_IMAGE_TAG=$(TAG) $(BIN)/pytest $(or $(TESTS),tests/cluster) -v --durations=0 --durations-min=1 $(ARGS)

bench: $(INSTALLED) ## The gateway beside bare gRPC and other servers (ARGS="--quick", "--only ...", "--help")
	@$(BIN)/python -m bench $(ARGS)

bench-accuracy: $(INSTALLED) ## Accuracy beside the published figures
	@$(BIN)/python -m bench.accuracy

bench-unusual: $(INSTALLED) ## Which strange beats the model's score tells from usual ones, on the public data sets
	@$(BIN)/python -m bench.unusual $(ARGS)

bench-patients: $(INSTALLED) ## Accuracy on people that were not trained on, by MIT-BIH's records DS1 and DS2, and on few rows (ARGS="--seeds 1")
	@$(BIN)/python -m bench.patients $(ARGS)

bench-recordings: $(INSTALLED) ## R peaks beside the annotated beats of the MIT-BIH database, in noise, beside gaps and for a day
	@$(BIN)/python -m bench.recordings $(ARGS)

bench-training: $(INSTALLED) ## Training beside plain Keras on arrays: rows per second and peak memory (ARGS="--rows 5000")
	@$(BIN)/python -m bench.training $(ARGS)

bench-failures: $(INSTALLED) ## Two model servers of which one hangs or is killed: failures, and the slowest answers
	@$(BIN)/python -m bench.failures $(ARGS)

bench-growth: $(INSTALLED) ## Cost by connections and pods, overload, and memory over minutes
	@$(BIN)/python -m bench.growth $(ARGS)

bench-page: $(INSTALLED) ## A day's recording and 50,000 beats on the page: time, freezes and memory (ARGS="--hours 2 --only WFDB")
	@$(BIN)/python -m bench.page $(ARGS)

images: ## Build the four images, ecg-COMPONENT:TAG (TAG=the project's version, ARGS=options of docker build)
	@scripts/images $(TAG) $(ARGS)

deploy: ## Install or upgrade the chart as release ecg (ARGS="--set ...")
	@helm upgrade --install ecg helm/ecg --wait --wait-for-jobs --timeout 15m $(ARGS)

undeploy: ## Remove the release; the trained models stay
	@helm uninstall ecg --wait

manifests: ## Render k8s/ from the chart
	@scripts/manifests

release: $(INSTALLED) ## Prepare release VERSION=x.y.z: version, changelog, k8s/, the chart's package; says what to push
	@$(BIN)/python -m scripts.release "$(VERSION)"

protos: $(INSTALLED) ## Regenerate gateway/model_server/wire from its .proto file
	@$(BIN)/python -m grpc_tools.protoc --proto_path=. --python_out=. --pyi_out=. gateway/model_server/wire/serving.proto

lock: $(INSTALLED) ## Resolve every requirements.txt anew
	@PATH="$(BIN):$$PATH" scripts/lock

clean: ## Remove everything that was made here, models included
	rm -rf $(VENV) build models scripts/page/node_modules .mypy_cache .pytest_cache .ruff_cache .hypothesis

.PHONY: help setup run docs lint format test coverage fuzz audit screenshots vendor e2e bench bench-accuracy bench-unusual bench-patients bench-recordings bench-training bench-growth bench-failures bench-page images deploy undeploy manifests release protos lock clean
