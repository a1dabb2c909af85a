# Writes the model config for the version of the pod template. So only a rollout changes the version, and can undo it.
trap 'exit 1' TERM
if [ -z "${ECG_MODEL_VERSION:-}" ]; then
  echo "Waiting: no model version is promoted yet (python -m rollout promote VERSION, or set ECG_MODEL_VERSION)"
  while :; do sleep 60 & wait $!; done
fi
if [ ! -d "$ECG_MODEL_BASE_PATH/$ECG_MODEL_VERSION" ]; then
  if [ -n "${ECG_MODEL_IMAGES:-}" ]; then where="in the image, which has:"; else where="on the volume, which has:"; fi
  # shellcheck disable=SC2012 # names for people to read
  echo "Model version $ECG_MODEL_VERSION is not $where $(ls "$ECG_MODEL_BASE_PATH" 2>/dev/null | paste -sd ' ' -)"
  exit 1
fi
cat >"${1:-/tmp/models.config}" <<END
model_config_list {
  config {
    name: "${ECG_MODEL_BASE_PATH##*/}" base_path: "$ECG_MODEL_BASE_PATH" model_platform: "tensorflow"
    model_version_policy { specific { versions: $ECG_MODEL_VERSION } }
  }
}
END
echo "This pod serves model version $ECG_MODEL_VERSION"
