"""Long jobs: training the project's own models."""
