"""The commands that change what is served: operations on the Deployment, promotion, canary, and the waits."""
