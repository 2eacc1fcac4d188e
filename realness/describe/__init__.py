"""Asking describers for descriptions: OpenAI-compatible servers and local models."""
