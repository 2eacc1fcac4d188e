"""What `python -m realness bench NAME` runs: figures that compare come from one run."""
