"""The workflow of a promotion: operations on the Deployment, promotion, canary, and the waits."""
