"""The network: built, trained, resumed from checkpoints, asked."""
