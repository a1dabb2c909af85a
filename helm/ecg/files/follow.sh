# Waits for the first version. The wait is in an init container, so that the probes do not count the time of the training.
trap 'exit 1' TERM
echo "Waiting for a model version in $ECG_MODEL_BASE_PATH"
until find "$ECG_MODEL_BASE_PATH" -mindepth 1 -maxdepth 1 2>/dev/null | grep -qE '/[0-9]+$'; do
  sleep 1 & wait $!
done
