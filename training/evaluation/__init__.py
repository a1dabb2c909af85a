"""How good a network is: metrics, calibration, comparison with other versions."""
