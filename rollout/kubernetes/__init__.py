"""The cluster: authentication, the API calls, and what Deployment, pods and ReplicaSets say of model versions."""
