"""The simulated AWS, driven by clients nobody here wrote and held against AWS's own service models."""
