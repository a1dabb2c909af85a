"""Kubernetes: authentication, API calls, and reading model versions from the Deployment, pods and ReplicaSets."""
