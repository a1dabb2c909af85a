"""The candidate version, as the serving Deployment in the Kubernetes API names it."""
