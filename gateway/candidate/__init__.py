"""Reads the candidate version from the serving Deployment in the Kubernetes API."""
